import { assertNever } from '../base/assert-never.ts';
import { CLOCK_STEP_MS, type Now } from '../base/clock.ts';
import { round } from '../base/units.ts';
import {
  advanceCameraLanes,
  cutCameraLanes,
  foldCameraSampling,
  foldVehicleTracks,
  openCameraLanes,
} from './camera-lanes.ts';
import type { WallClock } from './flow/lane-flow.ts';
import {
  foldAbsence,
  foldEvidence,
  type IncidentsFold,
  incidentOf,
  type PlacedEvidence,
} from './incidents/site-incidents.ts';
import {
  advanceLaneLoops,
  cutLaneLoops,
  foldLoopCounters,
  foldLoopSampling,
  foldLoopTransition,
  type LaneLoopsFold,
  type LoopLane,
  type MeasuredPassage,
  openLaneLoops,
} from './lane-loops.ts';
import type {
  LoopCounters,
  LoopTransition,
  Observation,
  SensorSampling,
} from './observations/observation.ts';
import type { FlowInterval, TrafficRecord } from './record.ts';
import { createRecordDraft, type RecordDraft } from './record-draft.ts';
import type { SiteDefinition } from './site-definition.ts';
import { foldSensorFault, judgeLockedOn, loopLanes, nameOf } from './site-faults.ts';
import type { SiteState } from './site-state.ts';

/** What one fold of a site says: its new state, and the records to store and relay, in order. */
export interface SiteFold {
  readonly state: SiteState;
  readonly records: readonly TrafficRecord[];
}

/**
 * Folds what the sensors claimed since the last tick into the site's state. The only input of time is `now`
 * and the observations' own moments, so a recording folds to the same records as the road did.
 */
export function foldSite(
  definition: SiteDefinition,
  before: SiteState,
  observations: readonly Observation[],
  now: Now,
): SiteFold {
  const draft = createRecordDraft(definition, before.boot, before.sequences, now);
  const clock: WallClock = { nowMs: now.monoMs, offsetMs: now.wallMs - now.monoMs };
  let state =
    before.offsetMs === null ? openSite(definition, before, clock) : followClock(before, clock, draft);
  for (const observation of observations) state = foldObservation(definition, state, observation, draft);
  state = letTimePass(definition, state, clock, draft);
  return { state: { ...state, sequences: draft.sequences }, records: draft.records };
}

/** Ends every running interval, because the agent stops. Open incidents and faults end with the boot. */
export function closeSite(definition: SiteDefinition, before: SiteState, now: Now): SiteFold {
  const draft = createRecordDraft(definition, before.boot, before.sequences, now);
  if (before.offsetMs === null) return { state: before, records: [] };
  const state = cutAll(before, { nowMs: now.monoMs, offsetMs: now.wallMs - now.monoMs }, draft);
  return { state: { ...state, sequences: draft.sequences }, records: draft.records };
}

function openSite(definition: SiteDefinition, state: SiteState, clock: WallClock): SiteState {
  const widthsS = definition.intervalsS;
  return {
    ...state,
    offsetMs: clock.offsetMs,
    loops: new Map(loopLanes(definition).map((lane) => [lane.lane, openLaneLoops(lane, widthsS, clock)])),
    cameras: new Map(
      definition.cameras.map((camera) => [camera.camera, openCameraLanes(camera, widthsS, clock)]),
    ),
  };
}

/** The wall clock may slew; when it steps, running intervals end so that none has a false width. */
function followClock(state: SiteState, clock: WallClock, draft: RecordDraft): SiteState {
  const steppedMs = Math.abs(clock.offsetMs - (state.offsetMs ?? clock.offsetMs));
  const followed = { ...state, offsetMs: clock.offsetMs };
  return steppedMs > CLOCK_STEP_MS ? cutAll(followed, clock, draft) : followed;
}

function cutAll(state: SiteState, clock: WallClock, draft: RecordDraft): SiteState {
  const loops = mapValues(state.loops, (lane) => record(cutLaneLoops(lane, clock), draft));
  const cameras = mapValues(state.cameras, (camera) => record(cutCameraLanes(camera, clock), draft));
  return { ...state, loops, cameras };
}

function record<S>(
  cut: { readonly state: S; readonly closed: readonly FlowInterval[] },
  draft: RecordDraft,
): S {
  for (const interval of cut.closed) draft.flow(interval);
  return cut.state;
}

function foldObservation(
  definition: SiteDefinition,
  state: SiteState,
  observation: Observation,
  draft: RecordDraft,
): SiteState {
  switch (observation.kind) {
    case 'loop-transition':
    case 'loop-counters':
      return foldLoop(definition, state, observation, draft);
    case 'vehicle-tracks': {
      const camera = definition.cameras.find(({ camera: id }) => id === observation.camera);
      const known = state.cameras.get(observation.camera);
      if (camera === undefined || known === undefined) return state;
      const fold = foldVehicleTracks(camera, known, observation, definition.incidents);
      const seen = { ...state, cameras: new Map(state.cameras).set(camera.camera, fold.state) };
      const raised = recordPassages(definition, seen, fold.passages, draft);
      return fold.evidence.reduce(
        (next, evidence) => raise(definition, next, { ...evidence, camera: camera.camera }, draft),
        raised,
      );
    }
    case 'sensor-sampling':
      return foldSampling(definition, state, observation);
    case 'sensor-fault':
      return foldSensorFault(definition, state, observation, draft);
    default:
      return assertNever(observation);
  }
}

function foldLoop(
  definition: SiteDefinition,
  state: SiteState,
  observation: LoopTransition | LoopCounters,
  draft: RecordDraft,
): SiteState {
  const lane = loopLanes(definition).find(
    ({ station }) => station.entry.loop === observation.loop || station.exit?.loop === observation.loop,
  );
  const known = lane === undefined ? undefined : state.loops.get(lane.lane);
  if (lane === undefined || known === undefined) return state;
  const fold =
    observation.kind === 'loop-transition'
      ? foldLoopTransition(lane, known, observation)
      : foldLoopCounters(lane, known, observation);
  return settleLane(definition, state, lane, fold, draft);
}

function settleLane(
  definition: SiteDefinition,
  state: SiteState,
  lane: LoopLane,
  fold: LaneLoopsFold,
  draft: RecordDraft,
): SiteState {
  const next = { ...state, loops: new Map(state.loops).set(lane.lane, fold.state) };
  return recordPassages(definition, next, fold.passages, draft);
}

function foldSampling(definition: SiteDefinition, state: SiteState, sampling: SensorSampling): SiteState {
  const camera = state.cameras.get(sampling.sensor);
  if (camera !== undefined) {
    return {
      ...state,
      cameras: new Map(state.cameras).set(sampling.sensor, foldCameraSampling(camera, sampling)),
    };
  }
  const loops = new Map(state.loops);
  for (const lane of loopLanes(definition)) {
    const known = loops.get(lane.lane);
    if (known !== undefined && lane.station.entry.device === sampling.sensor) {
      loops.set(lane.lane, foldLoopSampling(known, sampling));
    }
  }
  return { ...state, loops };
}

/** Records passages; one against its lane is conclusive evidence when loops saw it (order of two loops). */
function recordPassages(
  definition: SiteDefinition,
  before: SiteState,
  measured: readonly MeasuredPassage[],
  draft: RecordDraft,
): SiteState {
  let state = before;
  for (const { passage, headway } of measured) {
    draft.passage(
      {
        lane: passage.lane,
        source: passage.source,
        sensor: passage.sensor,
        direction: passage.direction,
        onTimeMs: wholeOrNull(passage.onTimeMs),
        speedKmh: passage.speedKmh === null ? null : round(passage.speedKmh, 1),
        lengthM: passage.lengthM === null ? null : round(passage.lengthM, 1),
        class: passage.class,
        headwayMs: wholeOrNull(headway.headwayMs),
        gapMs: wholeOrNull(headway.gapMs),
        counterOnly: passage.counterOnly,
      },
      passage.frontMs,
    );
    if (passage.direction !== 'reverse' || passage.source !== 'loop') continue;
    const evidence = {
      sensor: passage.sensor,
      sinceMs: passage.frontMs,
      atMs: passage.completedMs,
      conclusive: true,
      lane: passage.lane,
      incidentKind: 'wrong-way',
      camera: null,
      positionPx: null,
      positionM: null,
      speedKmh: passage.speedKmh,
    } as const;
    state = raise(definition, state, evidence, draft);
  }
  return state;
}

function wholeOrNull(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}

function raise(
  definition: SiteDefinition,
  state: SiteState,
  evidence: PlacedEvidence,
  draft: RecordDraft,
): SiteState {
  const fold = foldEvidence(state.incidents, evidence, definition.incidents, () => nameOf(definition, state));
  return settleIncident(state, fold, draft);
}

function settleIncident(state: SiteState, fold: IncidentsFold, draft: RecordDraft): SiteState {
  const { turn } = fold;
  if (turn === null) return { ...state, incidents: fold.incidents };
  const incident = incidentOf(turn, draft.wallOf);
  const speedKmh = incident.speedKmh === null ? null : round(incident.speedKmh, 1);
  draft.incident({ ...incident, speedKmh }, turn.phase === 'close' ? turn.lastMs : turn.openedMs);
  return { ...state, incidents: fold.incidents, named: state.named + (turn.phase === 'open' ? 1 : 0) };
}

function letTimePass(
  definition: SiteDefinition,
  before: SiteState,
  clock: WallClock,
  draft: RecordDraft,
): SiteState {
  let state = before;
  for (const lane of loopLanes(definition)) {
    state = judgeLockedOn(definition, state, lane, clock.nowMs, draft);
    const known = state.loops.get(lane.lane);
    if (known === undefined) continue;
    const advanced = advanceLaneLoops(lane, known, clock);
    state = settleLane(definition, state, lane, advanced, draft);
    for (const interval of advanced.closed) draft.flow(interval);
  }
  const cameras = mapValues(state.cameras, (camera) => record(advanceCameraLanes(camera, clock), draft));
  state = { ...state, cameras };
  for (const [key, incident] of state.incidents) {
    const camera = incident.camera === null ? undefined : state.cameras.get(incident.camera);
    const nowMs = camera?.pictureMs ?? clock.nowMs;
    state = settleIncident(state, foldAbsence(state.incidents, key, definition.incidents, nowMs), draft);
  }
  return state;
}

function mapValues<K, V>(map: ReadonlyMap<K, V>, change: (value: V) => V): ReadonlyMap<K, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
