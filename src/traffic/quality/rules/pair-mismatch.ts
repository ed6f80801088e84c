import type { RuleState } from './rule.ts';

export type LoopRole = 'entry' | 'exit';

/** Two vehicles of one lane do not follow closer than this, front to front; what does is no vehicle. */
const MIN_HEADWAY_MS = 1000;

/** Both loops of one station. */
export interface PairMismatch extends RuleState {
  /** The loop that sees nothing; null while both see the same. */
  readonly silent: LoopRole | null;
  /** Vehicles in a row that one loop saw and the other did not. */
  readonly alone: Readonly<Record<LoopRole, number>>;
  readonly aloneSinceMs: number;
  readonly lastOnMs: Readonly<Record<LoopRole, number>>;
  /** Vehicles in a row that both saw. */
  readonly good: number;
}

export type PairInput =
  | {
      readonly kind: 'entered';
      readonly loop: LoopRole;
      readonly atMs: number;
      readonly otherOccupied: boolean;
    }
  | {
      readonly kind: 'left';
      readonly loop: LoopRole;
      readonly onMs: number;
      /** Both edges were seen and the pulse is as long as a vehicle's. */
      readonly isVehicle: boolean;
      readonly otherOccupied: boolean;
    }
  /** One of the loops was not read for a time: nobody knows what it would have seen. */
  | { readonly kind: 'unread' };

const NONE: Readonly<Record<LoopRole, number>> = { entry: 0, exit: 0 };

export const PAIR_AGREES: PairMismatch = {
  faultySinceMs: null,
  silent: null,
  alone: NONE,
  aloneSinceMs: 0,
  lastOnMs: { entry: Number.NEGATIVE_INFINITY, exit: Number.NEGATIVE_INFINITY },
  good: 0,
};

/**
 * Consecutive vehicles on one loop of a pair only; cleared by as many good ones (Siemens 3U outstation). A loop
 * that is occupied meanwhile sees something, so it is not called silent.
 */
export function foldPairMismatch(state: PairMismatch, input: PairInput, limit: number): PairMismatch {
  switch (input.kind) {
    case 'unread':
      return { ...state, alone: NONE, good: 0 };
    case 'entered':
      return noteEntered(state, input, limit);
    case 'left':
      return noteLeft(state, input);
  }
}

function noteEntered(
  state: PairMismatch,
  { loop, atMs, otherOccupied }: Extract<PairInput, { kind: 'entered' }>,
  limit: number,
): PairMismatch {
  const other: LoopRole = loop === 'entry' ? 'exit' : 'entry';
  const lastOnMs = { ...state.lastOnMs, [loop]: atMs };
  const tooClose = atMs - state.lastOnMs[loop] < MIN_HEADWAY_MS;
  const alone = { ...state.alone, [other]: 0, [loop]: tooClose ? 0 : state.alone[loop] };
  const isGood = loop === 'exit' && (otherOccupied || state.alone.entry > 0);
  const good = state.good + (isGood ? 1 : 0);
  const next = { ...state, lastOnMs, alone, good };
  if (state.silent !== null) return good < limit ? next : { ...PAIR_AGREES, lastOnMs, alone };
  // The vehicle before might still have reached the other loop; with this one it has not.
  return alone[loop] < limit ? next : { ...next, silent: other, faultySinceMs: state.aloneSinceMs };
}

function noteLeft(state: PairMismatch, input: Extract<PairInput, { kind: 'left' }>): PairMismatch {
  const { loop } = input;
  if (!input.isVehicle || input.otherOccupied) return state;
  const count = state.alone[loop] + 1;
  return {
    ...state,
    alone: { ...state.alone, [loop]: count },
    aloneSinceMs: count === 1 ? input.onMs : state.aloneSinceMs,
    good: count > 1 ? 0 : state.good,
  };
}
