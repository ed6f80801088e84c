import type { LoopCounters } from '../observations/observation.ts';

/** No lane carries more than this, so a larger jump of a counter is a restart or a reset, not traffic. */
const MAX_VEHICLES_PER_S = 2;
const SLACK_VEHICLES = 8;
/** After an outage of hours it is not either: what so many vehicles did when is of no use to anyone. */
const MOST_VEHICLES = 2000;
/**
 * Presence is ahead of the counter by the vehicle on the loop, for cards count vehicles that leave, and by one
 * whose count is on its way. Beyond that the card counts otherwise, and what it misses must not hide later ones.
 */
const MOST_AHEAD = 2;
/** A surplus must last this long: a counter is read between two presence reads and may be ahead of them. */
const SETTLE_MS = 1500;

/** The last reading of a counter. */
export interface CounterBefore {
  readonly lastCount: number;
  readonly lastAtMs: number;
}

/**
 * How a card's counter compares with the vehicles that presence reads have shown. The counter never replaces
 * them; it only adds vehicles that fell between two reads or into a silence of the bus.
 */
export interface CounterState extends CounterBefore {
  /** Vehicles that the counter counted since the first reading. */
  readonly counted: number;
  /** Vehicles that presence reads showed since the first reading, as far as the counter may still count them. */
  readonly seen: number;
  /** Surplus that has already been handed out as counter-only passages. */
  readonly credited: number;
  /** Since when the counter has been ahead by at least `surplus`; null when it is not ahead. */
  readonly aheadSinceMs: number | null;
  /** The reading before it went ahead: the vehicles of the surplus came after it. */
  readonly aheadFromMs: number;
  readonly surplus: number;
}

export interface CounterReading {
  readonly state: CounterState;
  /** Vehicles that only the counter knows of and that are now certain. They came after `missedFromMs`. */
  readonly missed: number;
  readonly missedFromMs: number;
  /** The reading since which the counter has not lost a vehicle; null after a restart or at the beginning. */
  readonly continuedFromMs: number | null;
}

/** A presence read has shown one more vehicle on the loop. */
export function countSeen(state: CounterState | null): CounterState | null {
  return state === null ? null : { ...state, seen: state.seen + 1 };
}

/**
 * Folds one reading of the card's counter. The first reading only sets the base.
 *
 * @param lane isPolled: presence is read by itself, and the counter may be ahead of it for a moment
 */
export function foldCounter(
  state: CounterState | null,
  reading: LoopCounters,
  lane: { readonly isPolled: boolean },
): CounterReading {
  const { count, atMs } = reading;
  if (state === null) {
    const base = { lastCount: count, lastAtMs: atMs, counted: 0, seen: 0, credited: 0 };
    const started = { ...base, aheadSinceMs: null, aheadFromMs: atMs, surplus: 0 };
    return { state: started, missed: 0, missedFromMs: atMs, continuedFromMs: null };
  }
  const { vehicles, continued } = countedSince(state, reading);
  const counted = state.counted + vehicles;
  const seen = Math.min(state.seen, counted - state.credited + MOST_AHEAD);
  const surplus = Math.max(0, counted - seen - state.credited);
  const read = { ...state, lastCount: count, lastAtMs: atMs, counted, seen };
  const aheadFromMs = state.aheadSinceMs === null ? state.lastAtMs : state.aheadFromMs;
  const told = { missed: 0, missedFromMs: aheadFromMs, continuedFromMs: continued ? state.lastAtMs : null };
  if (surplus === 0) return { ...told, state: { ...read, aheadSinceMs: null, surplus: 0 } };
  const settling = state.aheadSinceMs === null ? surplus : Math.min(surplus, state.surplus);
  const sinceMs = state.aheadSinceMs ?? atMs;
  if (atMs - sinceMs < (lane.isPolled ? SETTLE_MS : 0)) {
    return { ...told, state: { ...read, aheadSinceMs: sinceMs, aheadFromMs, surplus: settling } };
  }
  const left = surplus - settling;
  return {
    ...told,
    missed: settling,
    state: {
      ...read,
      credited: state.credited + settling,
      aheadSinceMs: left > 0 ? atMs : null,
      aheadFromMs: state.lastAtMs,
      surplus: left,
    },
  };
}

/**
 * Vehicles counted between two readings. A counter that goes on past 2^bits has wrapped; one that fell further
 * than traffic explains was restarted or reset, and then counts from zero.
 */
export function countedSince(
  before: CounterBefore,
  reading: LoopCounters,
): { readonly vehicles: number; readonly continued: boolean } {
  const expected = ((reading.atMs - before.lastAtMs) / 1000) * MAX_VEHICLES_PER_S + SLACK_VEHICLES;
  const plausible = Math.min(MOST_VEHICLES, expected);
  const wrapsAt = 2 ** reading.bits;
  const forward = (reading.count - before.lastCount + wrapsAt) % wrapsAt;
  // After a long silence a narrow counter may have wrapped more than once: then `forward` is the least.
  if (forward <= plausible) return { vehicles: forward, continued: expected < wrapsAt };
  return { vehicles: reading.count <= plausible ? reading.count : 0, continued: false };
}
