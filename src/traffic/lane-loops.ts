import {
  advanceFlow,
  cutFlow,
  flowDistrust,
  flowOccupied,
  flowPassage,
  flowSampling,
  type Headway,
  openLaneFlow,
  type WallClock,
} from './flow/lane-flow.ts';
import type { LoopCounters, LoopTransition, SensorSampling } from './observations/observation.ts';
import {
  EMPTY_STATION,
  expireCrossings,
  foldStationCounter,
  foldTransition,
  type Station,
  type StationFold,
} from './passages/loop-station.ts';
import type { CompletedPassage } from './passages/passage.ts';
import { foldPulse, type Pulse } from './passages/pulse.ts';
import { lockedOnSince } from './quality/locked-on.ts';
import type { FlowInterval } from './record.ts';
import type { LaneDefinition, StationDefinition } from './site-definition.ts';
import type { LaneLoopsState } from './site-state.ts';

/** A lane that has loops. */
export interface LoopLane extends LaneDefinition {
  readonly station: StationDefinition;
}

export interface MeasuredPassage {
  readonly passage: CompletedPassage;
  readonly headway: Headway;
}

export interface LaneLoopsFold {
  readonly state: LaneLoopsState;
  readonly passages: readonly MeasuredPassage[];
}

export function openLaneLoops(lane: LoopLane, widthsS: readonly number[], clock: WallClock): LaneLoopsState {
  const of = { lane: lane.lane, source: 'loop', sensor: lane.station.entry.loop } as const;
  return {
    station: EMPTY_STATION,
    flow: openLaneFlow(of, widthsS, clock),
    distrust: new Set(),
    distrustedToMs: clock.nowMs,
    exitLockedOn: false,
  };
}

export function foldLoopTransition(
  lane: LoopLane,
  state: LaneLoopsState,
  transition: LoopTransition,
): LaneLoopsFold {
  const isEntry = transition.loop === lane.station.entry.loop;
  const before = isEntry ? state.station.entryOpen : null;
  if (state.distrust.size > 0) return { state: followDistrusted(lane, state, transition), passages: [] };
  const fold = foldTransition(stationOf(lane, state), state.station, transition);
  return settlePassages(occupy(state, before, transition), fold);
}

export function foldLoopCounters(
  lane: LoopLane,
  state: LaneLoopsState,
  reading: LoopCounters,
): LaneLoopsFold {
  if (state.distrust.size > 0) return { state, passages: [] };
  return settlePassages(state, foldStationCounter(stationOf(lane, state), state.station, reading));
}

export function foldLoopSampling(state: LaneLoopsState, sampling: SensorSampling): LaneLoopsState {
  return { ...state, flow: flowSampling(state.flow, sampling) };
}

/** Why the entry loop is or is no longer believed. */
export interface DistrustReason {
  readonly code: string;
  readonly active: boolean;
  /** Since when: an output that stuck is recognised only later. */
  readonly sinceMs: number;
}

/** The entry loop is no longer believed, or believed again: pairs in progress are let go either way. */
export function setDistrust(state: LaneLoopsState, reason: DistrustReason, nowMs: number): LaneLoopsState {
  if (state.distrust.has(reason.code) === reason.active) return state;
  const until = distrustUntil(state, nowMs);
  const distrust = new Set(state.distrust);
  if (reason.active) distrust.add(reason.code);
  else distrust.delete(reason.code);
  const exitOpen = state.station.exitOpen === null ? null : { ...state.station.exitOpen, onFound: true };
  const station = { ...state.station, exitOpen, crossings: [], counter: null };
  const begins = state.distrust.size === 0;
  return { ...until, station, distrust, distrustedToMs: begins ? reason.sinceMs : nowMs };
}

/** Locked-on verdicts of both loops: since when, or null. */
export function lockedOn(
  lane: LoopLane,
  state: LaneLoopsState,
  nowMs: number,
): { entry: number | null; exit: number | null } {
  const limitMs = lane.station.lockedOnS * 1000;
  return {
    entry: lockedOnSince(state.station.entryOpen, { nowMs, limitMs }),
    exit: lockedOnSince(state.station.exitOpen, { nowMs, limitMs }),
  };
}

/** Lets time pass over the lane: vehicles that never came, time not believed, intervals that end. */
export function advanceLaneLoops(
  lane: LoopLane,
  state: LaneLoopsState,
  clock: WallClock,
): LaneLoopsFold & { readonly closed: readonly FlowInterval[] } {
  const expired = settlePassages(state, expireCrossings(stationOf(lane, state), state.station, clock.nowMs));
  const believed = distrustUntil(expired.state, clock.nowMs);
  const advanced = advanceFlow(believed.flow, clock, occupiedSince(believed));
  return { state: { ...believed, flow: advanced.flow }, passages: expired.passages, closed: advanced.closed };
}

export function cutLaneLoops(
  state: LaneLoopsState,
  clock: WallClock,
): { state: LaneLoopsState; closed: readonly FlowInterval[] } {
  const cut = cutFlow(state.flow, clock, occupiedSince(state));
  return { state: { ...state, flow: cut.flow }, closed: cut.closed };
}

/** With its exit loop locked on, a station is a single-loop station. */
function stationOf(lane: LoopLane, state: LaneLoopsState): Station {
  const definition = state.exitLockedOn ? { ...lane.station, exit: null, spacingM: null } : lane.station;
  return { lane: lane.lane, definition };
}

function occupiedSince(state: LaneLoopsState): number | null {
  return state.distrust.size > 0 ? null : (state.station.entryOpen?.onMs ?? null);
}

function distrustUntil(state: LaneLoopsState, nowMs: number): LaneLoopsState {
  if (state.distrust.size === 0) return state;
  const flow = flowDistrust(state.flow, { fromMs: state.distrustedToMs, toMs: nowMs }, 'detector');
  return { ...state, flow, distrustedToMs: nowMs };
}

/** While the entry loop is not believed only the state of the loops is followed; no vehicle is made of it. */
function followDistrusted(lane: LoopLane, state: LaneLoopsState, transition: LoopTransition): LaneLoopsState {
  const follow = (open: Pulse | null): Pulse | null => {
    const change = foldPulse(open, transition);
    return change.kind === 'unchanged' ? open : change.kind === 'started' ? change.pulse : null;
  };
  const { station } = state;
  const { entry, exit } = lane.station;
  if (transition.loop === entry.loop) {
    return { ...state, station: { ...station, entryOpen: follow(station.entryOpen) } };
  }
  if (transition.loop !== exit?.loop) return state;
  return { ...state, station: { ...station, exitOpen: follow(station.exitOpen) } };
}

/** Adds the on-time of a pulse that has just ended; what ended in silence is believed until the last reading. */
function occupy(state: LaneLoopsState, open: Pulse | null, transition: LoopTransition): LaneLoopsState {
  if (open === null || transition.occupied) return state;
  const toMs = transition.found ? Math.min(transition.atMs, state.flow.receivedToMs) : transition.atMs;
  return { ...state, flow: flowOccupied(state.flow, { fromMs: open.onMs, toMs }) };
}

function settlePassages(state: LaneLoopsState, fold: StationFold): LaneLoopsFold {
  let flow = state.flow;
  const passages: MeasuredPassage[] = [];
  for (const passage of fold.passages) {
    const counted = flowPassage(flow, passage);
    flow = counted.flow;
    passages.push({ passage, headway: counted.headway });
  }
  return { state: { ...state, station: fold.state, flow }, passages };
}
