import type { Turn } from './track-turns.ts';

type Counts = Readonly<Record<string, number>>;

/** The turns of one interval: by entry and exit, and those of which one end is unknown by the other. */
export interface TurnTally {
  /** By entry, then exit, then class group. */
  readonly turned: Readonly<Record<string, Readonly<Record<string, Counts>>>>;
  readonly lost: Counts;
  readonly found: Counts;
}

export const NO_TURN_COUNTED: TurnTally = { turned: {}, lost: {}, found: {} };

export function addTurn(tally: TurnTally, turn: Turn): TurnTally {
  if (turn.kind !== 'turned') return { ...tally, [turn.kind]: oneMore(tally[turn.kind], turn.zone) };
  const { entry, exit, group } = turn;
  const fromEntry = tally.turned[entry] ?? {};
  const counts = oneMore(fromEntry[exit] ?? {}, group);
  return { ...tally, turned: { ...tally.turned, [entry]: { ...fromEntry, [exit]: counts } } };
}

function oneMore(counts: Counts, key: string): Counts {
  return { ...counts, [key]: (counts[key] ?? 0) + 1 };
}
