import type { LoopOccupancy } from '../observations/observation.ts';
import type { Span } from '../span.ts';

/** A card cannot have seen a loop occupied for longer than the time that passed, but its clock is its own. */
const PLAUSIBLE_SHARE = 1.05;
const SLACK_MS = 1100;

/** The last reading of a card's accumulated occupancy. */
export type AccumulatorState = Pick<LoopOccupancy, 'occupiedMs' | 'atMs'> | null;

/**
 * The time a loop was occupied between two readings of the card's accumulator. A reading that is lower has
 * wrapped if that explains a plausible time; else the card has restarted, and only this difference is lost.
 */
export function foldAccumulator(
  state: AccumulatorState,
  reading: LoopOccupancy,
): { readonly state: AccumulatorState; readonly difference: (Span & { occupiedMs: number }) | null } {
  const { occupiedMs, atMs, wrapsAtMs } = reading;
  const next = { occupiedMs, atMs };
  if (state === null || atMs <= state.atMs) return { state: next, difference: null };
  const ms = (((occupiedMs - state.occupiedMs) % wrapsAtMs) + wrapsAtMs) % wrapsAtMs;
  const passedMs = atMs - state.atMs;
  const isPlausible = ms <= passedMs * PLAUSIBLE_SHARE + SLACK_MS && passedMs < wrapsAtMs;
  if (!isPlausible) return { state: next, difference: null };
  return { state: next, difference: { fromMs: state.atMs, toMs: atMs, occupiedMs: ms } };
}
