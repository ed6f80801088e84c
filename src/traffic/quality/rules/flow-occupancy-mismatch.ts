import type { BinFigures, RuleState } from './rule.ts';
import { EMPTY_SHARE, foldShare, type ShareWindow } from './share-window.ts';

/** Bins with traffic that make up one judgement: two hours of a road that is never empty. */
export const MISMATCH_WINDOW_BINS = 240;
/** No vehicle is on a loop for less: a motorcycle at 120 km/h takes 110 ms over 2 m of loop. */
const SHORTEST_ON_TIME_MS = 100;
/** Occupancy below this may be rounding (NTCIP 1202 reports steps of 0.5 %) or a vehicle on the border of bins. */
const CERTAIN_OCCUPANCY_PCT = 2;
/** Vehicles that together occupy less of a bin than this may round to 0. */
const ROUNDS_TO_ZERO_PCT = 1;

export interface Mismatch extends RuleState {
  readonly share: ShareWindow;
  /** The bin before had no occupancy, so no vehicle stands on the border to this one. */
  readonly previousEmpty: boolean;
}

export const NO_MISMATCH: Mismatch = { faultySinceMs: null, share: EMPTY_SHARE, previousEmpty: false };

/**
 * Bins that contradict themselves: vehicles without occupancy, or occupancy that nobody brought (PeMS
 * "intermittent"). Judged as a share of the bins with traffic; null is a bin that was not read.
 */
export function foldMismatch(state: Mismatch, bin: BinFigures | null, limitPct: number): Mismatch {
  if (bin === null || bin.independentCount === null || bin.occupancyPct === null) {
    return { ...state, previousEmpty: false };
  }
  const { independentCount: count, occupancyPct } = bin;
  const previousEmpty = occupancyPct === 0;
  if (count === 0 && occupancyPct === 0) return { ...state, previousEmpty };
  const leastPct = (100 * count * SHORTEST_ON_TIME_MS) / (bin.toMs - bin.fromMs);
  const unoccupied = occupancyPct === 0 && leastPct >= ROUNDS_TO_ZERO_PCT;
  const uncounted = count === 0 && occupancyPct >= CERTAIN_OCCUPANCY_PCT && state.previousEmpty;
  const some = { all: 1, bad: unoccupied || uncounted ? 1 : 0, atMs: bin.fromMs };
  const share = foldShare(state.share, some, { window: MISMATCH_WINDOW_BINS, limitPct });
  return { faultySinceMs: share.faultySinceMs, share, previousEmpty };
}
