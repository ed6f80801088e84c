import { BIN_MS, type RuleState } from './rule.ts';

/** Time without a jump before the fault is over (IRIS: one hour). */
export const SPIKE_CLEAN_MS = 3_600_000;
/** One jump alone never makes the fault, however high: a queue that forms or clears jumps once. */
const MAX_STEPS_PER_JUMP = 2;

export interface OccupancySpike extends RuleState {
  readonly previousPct: number | null;
  readonly timerMs: number;
  readonly firstJumpMs: number;
  readonly cleanMs: number;
}

export type SpikeInput =
  | { readonly kind: 'unread' }
  | { readonly kind: 'bin'; readonly fromMs: number; readonly occupancyPct: number };

export const NO_SPIKE: OccupancySpike = {
  faultySinceMs: null,
  previousPct: null,
  timerMs: 0,
  firstJumpMs: 0,
  cleanMs: 0,
};

/**
 * Occupancy that jumps up and down from bin to bin (after IRIS): each whole `spikePct` of a jump puts 30 s on a
 * timer, each bin without a jump takes 30 s off, and a timer above `spikeHoldS` is a fault.
 */
export function foldSpike(
  state: OccupancySpike,
  input: SpikeInput,
  limits: { readonly spikePct: number; readonly spikeHoldS: number },
): OccupancySpike {
  if (input.kind === 'unread') return { ...state, previousPct: null };
  const jumpPct = state.previousPct === null ? 0 : Math.abs(input.occupancyPct - state.previousPct);
  const steps = Math.min(MAX_STEPS_PER_JUMP, Math.floor(jumpPct / limits.spikePct));
  const holdMs = limits.spikeHoldS * 1000;
  // What ran on for days would take as many days to run down.
  const mostMs = holdMs + MAX_STEPS_PER_JUMP * BIN_MS;
  const timerMs = Math.min(mostMs, Math.max(0, state.timerMs + (steps > 0 ? steps : -1) * BIN_MS));
  const firstJumpMs = state.timerMs === 0 ? input.fromMs : state.firstJumpMs;
  const cleanMs = steps > 0 ? 0 : state.cleanMs + BIN_MS;
  const trips = timerMs > holdMs;
  const stays = state.faultySinceMs !== null && cleanMs < SPIKE_CLEAN_MS;
  const faultySinceMs = trips || stays ? (state.faultySinceMs ?? firstJumpMs) : null;
  return { faultySinceMs, previousPct: input.occupancyPct, timerMs, firstJumpMs, cleanMs };
}
