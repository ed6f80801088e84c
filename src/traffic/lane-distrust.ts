import { flowDistrust, forgetLeader } from './flow/lane-flow.ts';
import { EMPTY_STATION } from './passages/loop-station.ts';
import type { LaneLoopsState } from './site-state.ts';

/** Why a loop is or is no longer believed. */
export interface DistrustReason {
  readonly code: string;
  readonly active: boolean;
  /** Since when: an output that stuck is recognised only later. */
  readonly sinceMs: number;
}

/**
 * The entry loop is no longer believed, or believed again: what is on the loops is let go either way, since a
 * state that came about in distrust is not a vehicle.
 */
export function setDistrust(state: LaneLoopsState, reason: DistrustReason, nowMs: number): LaneLoopsState {
  if (state.distrust.has(reason.code) === reason.active) return state;
  const distrust = new Set(state.distrust);
  if (reason.active) distrust.add(reason.code);
  else distrust.delete(reason.code);
  const changed = { ...letGo(state), distrust };
  return reason.active && state.distrust.size === 0 ? distrustFrom(changed, reason.sinceMs, nowMs) : changed;
}

/** The exit loop is no longer believed, or believed again; while the entry loop is not, that decides about the lane. */
export function setExitDistrusted(
  state: LaneLoopsState,
  reason: Omit<DistrustReason, 'code'>,
  nowMs: number,
): LaneLoopsState {
  const exitDistrusted = reason.active;
  if (exitDistrusted === state.exitDistrusted) return state;
  if (state.distrust.size === 0) return { ...state, exitDistrusted };
  return {
    ...(exitDistrusted ? distrustFrom(letGo(state), reason.sinceMs, nowMs) : letGo(state)),
    exitDistrusted,
  };
}

function letGo(state: LaneLoopsState): LaneLoopsState {
  const { exitOpen } = state.station;
  const station = {
    ...EMPTY_STATION,
    exitOpen: exitOpen === null ? null : { ...exitOpen, onFound: true },
    standing: state.station.standing,
  };
  return { ...state, station, flow: forgetLeader(state.flow), accumulator: null };
}

/** What the lane measured since a moment is not believed. */
export function distrustFrom(state: LaneLoopsState, fromMs: number, nowMs: number): LaneLoopsState {
  return { ...state, flow: flowDistrust(state.flow, { fromMs, toMs: nowMs }), distrustedToMs: nowMs };
}
