import type { Refusal } from '../payloads/reply.ts';

/** Counts since the start. `received` is the sum of accepted, repeated and refused. */
export interface CommandFigures {
  readonly received: number;
  readonly accepted: number;
  readonly repeated: number;
  readonly refused: number;
  /** Of the refused, those that were not told one by one. */
  readonly summedUp: number;
  /** The refused by cause; a cause that never came is absent. */
  readonly refusals: Readonly<Partial<Record<Refusal, number>>>;
  readonly lastRefused: LastRefused | null;
}

export interface LastRefused {
  /** UTC ms. */
  readonly atMs: number;
  readonly reason: Refusal;
  /** Null when it cannot be told who sent it. */
  readonly actor: string | null;
}

export interface CommandCounter {
  count(what: 'received' | 'accepted' | 'repeated' | 'summedUp'): void;
  refused(last: LastRefused): void;
  figures(): CommandFigures;
}

export function createCommandCounter(): CommandCounter {
  const counts = { received: 0, accepted: 0, repeated: 0, refused: 0, summedUp: 0 };
  const refusals: Partial<Record<Refusal, number>> = {};
  let lastRefused: LastRefused | null = null;
  return {
    count(what) {
      counts[what] += 1;
    },
    refused(last) {
      counts.refused += 1;
      refusals[last.reason] = (refusals[last.reason] ?? 0) + 1;
      lastRefused = last;
    },
    figures: () => ({ ...counts, refusals: { ...refusals }, lastRefused }),
  };
}
