import { assertNever } from '../base/assert-never.ts';
import { foldAccumulator } from './flow/accumulator.ts';
import { initialEffectiveLength } from './flow/effective-length.ts';
import type { WallClock } from './flow/interval-series.ts';
import {
  beginIntervals,
  type Closing,
  closeIntervals,
  cutIntervals,
  flowAccumulated,
  flowCounted,
  flowDeviceInterval,
  flowPassage,
  flowPresence,
  flowSampling,
  flowTravel,
  openLaneFlow,
} from './flow/lane-flow.ts';
import { type LearnedLength, lengthLearnedBy } from './flow/learned-lengths.ts';
import { hasEdges, latencyMs, loopMeasure, widthsFor } from './flow/measure.ts';
import { lastingPresence } from './flow/occupied-tally.ts';
import type { Headway } from './flow/vehicle-tally.ts';
import { distrustFrom } from './lane-distrust.ts';
import type { LoopLane } from './lane-index.ts';
import type {
  DeviceInterval,
  LoopCounters,
  LoopOccupancy,
  LoopTransition,
  SensorSampling,
  VehicleDetection,
} from './observations/observation.ts';
import { deviceVehicles } from './passages/device-vehicle.ts';
import {
  EMPTY_STATION,
  foldStationCounter,
  foldTransition,
  referenceLoop,
  referencePulse,
  type Station,
  type StationUse,
  settleStation,
} from './passages/loop-station.ts';
import type { CompletedPassage } from './passages/passage.ts';
import type { Pulse } from './passages/pulse.ts';
import type { FlowInterval } from './record.ts';
import type { LoopDefinition, LoopEvidence } from './site-definition.ts';
import type { LaneLoopsState } from './site-state.ts';

export type { LoopLane } from './lane-index.ts';

export interface MeasuredPassage {
  readonly passage: CompletedPassage;
  readonly headway: Headway;
}

export interface LaneLoopsFold {
  readonly state: LaneLoopsState;
  readonly passages: readonly MeasuredPassage[];
}

/** What a lane's loops, or the device that stands for them, may claim. */
export type LoopClaim = LoopTransition | LoopCounters | LoopOccupancy | VehicleDetection | DeviceInterval;

/** `learned`: what an earlier run knew of this lane. */
export function openLaneLoops(
  lane: LoopLane,
  widthsS: readonly number[],
  clock: WallClock,
  learned?: LearnedLength,
): LaneLoopsState {
  const { entry } = lane.station;
  const of = { measure: loopMeasure(lane, lane.station), sensor: entry.loop };
  return {
    station: EMPTY_STATION,
    flow: openLaneFlow(of, widthsFor(entry.evidence, widthsS), clock),
    accumulator: null,
    effectiveLength: initialEffectiveLength(lane.station, lengthLearnedBy(lane.station, learned)),
    distrust: new Set(),
    distrustedToMs: clock.nowMs,
    exitDistrusted: false,
  };
}

/** What may be claimed about a loop, by what its device can tell; anything else is not used for figures. */
const CLAIMS: Readonly<Record<LoopEvidence['kind'], readonly LoopClaim['kind'][]>> = {
  'polled-edges': ['loop-transition', 'loop-counters', 'loop-occupancy'],
  'stamped-edges': ['loop-transition', 'loop-counters'],
  vehicles: ['vehicle-detection'],
  intervals: ['device-interval'],
  counts: ['loop-counters'],
};

/** Folds a claim. The exit loop has a part in the lane's figures by its edges alone. */
export function foldLoopClaim(lane: LoopLane, state: LaneLoopsState, claim: LoopClaim): LaneLoopsFold {
  const station = stationOf(lane, state);
  const { entry, exit } = lane.station;
  const nothing = { state, passages: [] };
  const evidence = claim.loop === entry.loop ? entry.evidence : exit?.evidence;
  if (evidence === undefined || !CLAIMS[evidence.kind].includes(claim.kind)) return nothing;
  switch (claim.kind) {
    case 'loop-transition':
      return foldEdge(station, state, claim);
    case 'loop-counters': {
      const fold = foldStationCounter(station, state.station, claim);
      const settled = settlePassages({ ...state, station: fold.state }, fold.passages);
      const { continuedFromMs } = fold;
      if (continuedFromMs === null) return settled;
      const flow = flowCounted(settled.state.flow, { fromMs: continuedFromMs, toMs: claim.atMs });
      return { ...settled, state: { ...settled.state, flow } };
    }
    case 'loop-occupancy':
      return { state: foldOccupancy(station, state, claim), passages: [] };
    case 'vehicle-detection': {
      if (claim.loop !== referenceLoop(station)?.loop) return nothing;
      const vehicles = deviceVehicles(station, claim, state.flow.lastFrontMs);
      const settled = settlePassages(state, vehicles);
      if (claim.onTimeMs === null) return settled;
      const presence = { fromMs: claim.atMs, toMs: claim.atMs + claim.onTimeMs };
      const exact = { ...presence, fromUncertaintyMs: 0, toUncertaintyMs: 0 };
      return { ...settled, state: { ...settled.state, flow: flowPresence(settled.state.flow, exact) } };
    }
    case 'device-interval': {
      if (claim.loop !== referenceLoop(station)?.loop) return nothing;
      return { state: { ...state, flow: flowDeviceInterval(state.flow, claim) }, passages: [] };
    }
    default:
      return assertNever(claim);
  }
}

/** Folds what is said about the readings of a device: it tells how well the lane is measured by its reference loop. */
export function foldLoopSampling(
  lane: LoopLane,
  before: LaneLoopsState,
  sampling: SensorSampling,
): LaneLoopsState {
  const station = stationOf(lane, before);
  const { entry, exit } = lane.station;
  const state = sampling.received > 0 ? before : passSilence(station, before, sampling);
  const reference = station.use === 'exit' && exit !== null ? exit : entry;
  if (reference.device !== sampling.sensor) return state;
  return { ...state, flow: flowSampling(state.flow, sampling) };
}

/**
 * What is on a loop when its device falls silent may have left since: its presence is believed until the last
 * reading, and goes on with the next one.
 */
function passSilence(station: Station, state: LaneLoopsState, silence: SensorSampling): LaneLoopsState {
  const { entry, exit } = station.definition;
  const resumed = (loop: LoopDefinition | null, open: Pulse | null): Pulse | null =>
    open === null || loop?.device !== silence.sensor || open.onMs >= silence.toMs
      ? open
      : { ...open, onMs: silence.toMs, onUncertaintyMs: 0, onFound: true };
  const { entryOpen, exitOpen } = state.station;
  const silenced = {
    ...state.station,
    entryOpen: resumed(entry, entryOpen),
    exitOpen: resumed(exit, exitOpen),
  };
  const open = referencePulse(station, state.station);
  if (open === null || open === referencePulse(station, silenced)) return { ...state, station: silenced };
  const flow = flowPresence(state.flow, lastingPresence(open, state.flow.receivedToMs));
  return { ...state, station: silenced, flow };
}

/** Whether the lane's figures are believed: by its entry loop, or by its exit loop in place of it. */
export function isBelieved(lane: LoopLane, state: LaneLoopsState): boolean {
  return useOf(lane, state) !== 'none';
}

/** Before a tick's claims: the intervals that have begun since the last one get their place. */
export function beginLaneLoops(state: LaneLoopsState, clock: WallClock): LaneLoopsState {
  return { ...state, flow: beginIntervals(state.flow, clock) };
}

export interface LaneLoopsClosed extends LaneLoopsFold {
  readonly closed: readonly FlowInterval[];
}

/** After a tick's claims: vehicles about which enough is known, time not believed, intervals that end. */
export function advanceLaneLoops(lane: LoopLane, before: LaneLoopsState, clock: WallClock): LaneLoopsClosed {
  const station = stationOf(lane, before);
  const { state, passages } = settleUntil(station, before, clock.nowMs - latencyMs(lane.station));
  const believed =
    station.use === 'none'
      ? distrustFrom(state, state.distrustedToMs, clock.nowMs)
      : { ...state, distrustedToMs: clock.nowMs };
  const sensor = (referenceLoop(station) ?? lane.station.entry).loop;
  const { flow, closed } = closeIntervals({ ...believed.flow, sensor }, clock, closingOf(station, believed));
  return { state: { ...believed, flow }, passages, closed };
}

/** Cuts the running intervals; whoever has left the reference loop counts, wherever the vehicle is now. */
export function cutLaneLoops(lane: LoopLane, before: LaneLoopsState, clock: WallClock): LaneLoopsClosed {
  const station = stationOf(lane, before);
  const { state, passages } = settleUntil(station, before, Number.POSITIVE_INFINITY);
  const { flow, closed } = cutIntervals(state.flow, clock, closingOf(station, state));
  return { state: { ...state, flow }, passages, closed };
}

function settleUntil(station: Station, state: LaneLoopsState, knownToMs: number): LaneLoopsFold {
  const settled = settleStation(station, state.station, knownToMs);
  return settlePassages({ ...state, station: settled.state }, settled.passages);
}

function stationOf(lane: LoopLane, state: LaneLoopsState): Station {
  const { lane: id, station, classScheme } = lane;
  return { lane: id, definition: station, classScheme, use: useOf(lane, state) };
}

/** With one loop of a pair not believed, the other one goes on as a single loop. */
function useOf({ station }: LoopLane, state: LaneLoopsState): StationUse {
  const hasExit = station.exit !== null && hasEdges(station.exit.evidence) && !state.exitDistrusted;
  if (state.distrust.size > 0) return hasExit ? 'exit' : 'none';
  return hasExit && station.spacingM !== null ? 'pair' : 'entry';
}

function closingOf(station: Station, state: LaneLoopsState): Closing {
  return { open: referencePulse(station, state.station), effectiveLength: state.effectiveLength };
}

/** Adds the on-time of a pulse that has just ended. */
function foldEdge(station: Station, state: LaneLoopsState, edge: LoopTransition): LaneLoopsFold {
  const fold = foldTransition(station, state.station, edge);
  const flowWithLeft = fold.left === undefined ? state.flow : flowTravel(state.flow, fold.left);
  const settled = settlePassages({ ...state, station: fold.state, flow: flowWithLeft }, fold.passages);
  const open = referencePulse(station, state.station);
  if (open === null || edge.occupied || edge.loop !== referenceLoop(station)?.loop) return settled;
  const { flow } = settled.state;
  // An end that nobody saw lies somewhere since the last reading.
  const unseenMs = Math.max(0, edge.atMs - Math.max(open.onMs, flow.receivedToMs));
  const presence = {
    ...lastingPresence(open, edge.atMs),
    toUncertaintyMs: edge.found ? unseenMs : edge.uncertaintyMs,
  };
  return { ...settled, state: { ...settled.state, flow: flowPresence(flow, presence) } };
}

/** An accumulator that is not that of the reference loop, or of a loop not believed, says nothing. */
function foldOccupancy(station: Station, state: LaneLoopsState, reading: LoopOccupancy): LaneLoopsState {
  if (reading.loop !== referenceLoop(station)?.loop) return state;
  const { state: accumulator, difference } = foldAccumulator(state.accumulator, reading);
  if (difference === null) return { ...state, accumulator };
  return { ...state, accumulator, flow: flowAccumulated(state.flow, difference) };
}

function settlePassages(state: LaneLoopsState, completed: readonly CompletedPassage[]): LaneLoopsFold {
  let flow = state.flow;
  const passages: MeasuredPassage[] = [];
  for (const passage of completed) {
    const counted = flowPassage(flow, passage);
    flow = counted.flow;
    passages.push({ passage, headway: counted.headway });
  }
  return { state: { ...state, flow }, passages };
}
