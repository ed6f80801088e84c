import type { LoopCounters } from '../observations/observation.ts';

/** No lane carries more than this, so a larger jump of a counter is a restart or a reset, not traffic. */
const MAX_VEHICLES_PER_S = 2;
const SLACK_VEHICLES = 8;
/** A surplus must last this long: a counter is read between two presence reads and may be ahead of them. */
const SETTLE_MS = 1500;

/**
 * How a card's counter compares with the vehicles that presence reads have shown. The counter never replaces
 * them; it only adds vehicles that fell between two reads or into a silence of the bus.
 */
export interface CounterState {
  readonly lastCount: number;
  readonly lastAtMs: number;
  /** Vehicles that the counter counted since the first reading. */
  readonly counted: number;
  /** Vehicles that presence reads showed since the first reading. */
  readonly seen: number;
  /** Surplus that has already been handed out as counter-only passages. */
  readonly credited: number;
  /** Since when the counter has been ahead by at least `surplus`; null when it is not ahead. */
  readonly aheadSinceMs: number | null;
  readonly surplus: number;
}

export interface CounterReading {
  readonly state: CounterState;
  /** Vehicles that only the counter knows of and that are now certain. */
  readonly missed: number;
}

/** A presence read has shown one more vehicle on the loop. */
export function countSeen(state: CounterState | null): CounterState | null {
  return state === null ? null : { ...state, seen: state.seen + 1 };
}

/** Folds one reading of the card's counter. The first reading only sets the base. */
export function foldCounter(state: CounterState | null, reading: LoopCounters): CounterReading {
  if (state === null) {
    const base = { lastCount: reading.count, lastAtMs: reading.atMs, counted: 0, seen: 0, credited: 0 };
    return { state: { ...base, aheadSinceMs: null, surplus: 0 }, missed: 0 };
  }
  const counted = state.counted + countedSince(state, reading);
  const surplus = Math.max(0, counted - state.seen - state.credited);
  const read = { ...state, lastCount: reading.count, lastAtMs: reading.atMs, counted };
  if (surplus === 0) return { state: { ...read, aheadSinceMs: null, surplus: 0 }, missed: 0 };
  const settling = state.aheadSinceMs === null ? surplus : Math.min(surplus, state.surplus);
  const sinceMs = state.aheadSinceMs ?? reading.atMs;
  if (reading.atMs - sinceMs < SETTLE_MS) {
    return { state: { ...read, aheadSinceMs: sinceMs, surplus: settling }, missed: 0 };
  }
  const left = surplus - settling;
  return {
    state: {
      ...read,
      credited: state.credited + settling,
      aheadSinceMs: left > 0 ? reading.atMs : null,
      surplus: left,
    },
    missed: settling,
  };
}

/**
 * Vehicles counted between two readings. A counter that goes on past 2^bits has wrapped; one that fell further
 * than traffic explains was restarted or reset, and then counts from zero.
 */
function countedSince(state: CounterState, reading: LoopCounters): number {
  const plausible = ((reading.atMs - state.lastAtMs) / 1000) * MAX_VEHICLES_PER_S + SLACK_VEHICLES;
  const forward = (reading.count - state.lastCount + 2 ** reading.bits) % 2 ** reading.bits;
  if (forward <= plausible) return forward;
  return reading.count <= plausible ? reading.count : 0;
}
