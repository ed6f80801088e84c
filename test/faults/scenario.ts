import type { Need } from './privileges.ts';

/** One fault, injected many times, and what was seen. */
export interface Scenario {
  readonly name: string;
  /** A sentence: what is done, and what must hold. */
  readonly about: string;
  readonly needs: readonly Need[];
  run(stand: Stand): Promise<Outcome> | Outcome;
}

/** What a scenario is given. */
export interface Stand {
  /** Its own folder, deleted afterwards. */
  readonly folder: string;
  readonly seed: number;
  /** The whole of it, instead of the share that fits into a few minutes. */
  readonly long: boolean;
  /** Undone in reverse order after the scenario, whatever became of it. */
  leave(undo: () => unknown): void;
}

export interface Outcome {
  /** How many times the fault was injected, or how many records went through it. */
  readonly n: number;
  /** What was measured, in a few words. */
  readonly seen: string;
  /** What did not hold, as sentences; empty when all did. */
  readonly broken: readonly string[];
}

/** Sentences for what is false. */
export function unless(claims: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(claims).flatMap(([sentence, holds]) => (holds ? [] : [`not so: ${sentence}`]));
}
