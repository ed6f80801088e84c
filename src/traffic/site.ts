import { assertNever } from '../base/assert-never.ts';
import { CLOCK_STEP_MS, type Now } from '../base/clock.ts';
import { beginCameraLanes, foldCameraSampling, foldVehicleTracks, openCameraLanes } from './camera-lanes.ts';
import type { WallClock } from './flow/interval-series.ts';
import {
  EMPTY_BATCH,
  flush,
  type HiResTick,
  noteClockStep,
  noteStart,
  noteTick,
  takeDue,
} from './hires/hires-log.ts';
import { onClockSetBy } from './incidents/evidence-files.ts';
import { objectEvidence } from './incidents/object-evidence.ts';
import { laneIndex } from './lane-index.ts';
import {
  beginLaneLoops,
  foldLoopClaim,
  foldLoopSampling,
  type LoopClaim,
  type MeasuredPassage,
  openLaneLoops,
} from './lane-loops.ts';
import type { Observation, SensorSampling } from './observations/observation.ts';
import { passageOf } from './passages/passage.ts';
import type { TrafficRecord } from './record.ts';
import { createRecordDraft, type RecordDraft } from './record-draft.ts';
import type { SiteDefinition } from './site-definition.ts';
import { foldQuality, foldSensorFault, judgeQuality, notePassages, openFaults } from './site-faults.ts';
import {
  attachEvidence,
  endIncidents,
  judgePassages,
  letIncidentsPass,
  noteLoops,
  raiseIncidents,
} from './site-incidents.ts';
import { advanceLanes, cutLanes } from './site-intervals.ts';
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
  const tick: HiResTick = {
    nowMs: now.monoMs,
    wallOf: draft.wallOf,
    loops: laneIndex(definition).loops,
  };
  let state =
    before.offsetMs === null
      ? openFaults(definition, openSite(definition, before, clock, tick), clock, draft)
      : followClock(definition, before, clock, { draft, tick });
  for (const observation of observations) state = foldObservation(definition, state, observation, draft);
  state = letTimePass(definition, state, clock, draft);
  const noted = takeDue(noteTick(state.hires, observations, draft.records, tick), now.monoMs);
  for (const log of noted.logs) draft.hires(log);
  return { state: { ...state, hires: noted.batch, sequences: draft.sequences }, records: draft.records };
}

/** Ends every running interval and open incident, because the agent stops; open faults are known again. */
export function closeSite(definition: SiteDefinition, before: SiteState, now: Now): SiteFold {
  const draft = createRecordDraft(definition, before.boot, before.sequences, now);
  if (before.offsetMs === null) return { state: before, records: [] };
  const cut = cutAll(definition, before, { nowMs: now.monoMs, offsetMs: now.wallMs - now.monoMs }, draft);
  const state = endIncidents(definition, cut, now.monoMs, draft);
  return { state: { ...state, sequences: draft.sequences }, records: draft.records };
}

function openSite(
  definition: SiteDefinition,
  state: SiteState,
  clock: WallClock,
  tick: HiResTick,
): SiteState {
  const { intervalsS, cameras } = definition;
  const { lanes } = laneIndex(definition);
  return {
    ...state,
    offsetMs: clock.offsetMs,
    loops: new Map(
      lanes.map((lane) => {
        const learned = state.learnedLengths.find((it) => it.lane === lane.lane);
        return [lane.lane, openLaneLoops(lane, intervalsS, clock, learned)];
      }),
    ),
    cameras: new Map(cameras.map((camera) => [camera.camera, openCameraLanes(definition, camera, clock)])),
    hires: noteStart(state.hires, tick),
  };
}

/** The wall clock may slew; when it steps, running intervals end so that none has a false width. */
function followClock(
  definition: SiteDefinition,
  state: SiteState,
  clock: WallClock,
  { draft, tick }: { readonly draft: RecordDraft; readonly tick: HiResTick },
): SiteState {
  const offsetMs = state.offsetMs ?? clock.offsetMs;
  const steppedMs = clock.offsetMs - offsetMs;
  const followed = { ...state, offsetMs: clock.offsetMs };
  if (Math.abs(steppedMs) <= CLOCK_STEP_MS) return beginIntervals(followed, clock);
  const cut = cutAll(definition, beginIntervals(followed, { ...clock, offsetMs }), clock, draft);
  const recentIncidents = onClockSetBy(steppedMs, cut.recentIncidents);
  return { ...cut, recentIncidents, hires: noteClockStep(cut.hires, steppedMs, tick) };
}

/** What has begun since the last tick gets its place before the tick's observations are folded. */
function beginIntervals(state: SiteState, clock: WallClock): SiteState {
  const loops = mapValues(state.loops, (lane) => beginLaneLoops(lane, clock));
  const cameras = mapValues(state.cameras, (camera) => beginCameraLanes(camera, clock));
  return { ...state, loops, cameras };
}

function cutAll(
  definition: SiteDefinition,
  before: SiteState,
  clock: WallClock,
  draft: RecordDraft,
): SiteState {
  const cut = cutLanes(definition, before, clock);
  const state = recordPassages(definition, cut.state, cut.passages, draft);
  for (const interval of cut.intervals) draft.flow(interval);
  for (const interval of cut.movements) draft.movement(interval);
  for (const log of flush(state.hires)) draft.hires(log);
  return { ...state, hires: EMPTY_BATCH };
}

function foldObservation(
  definition: SiteDefinition,
  before: SiteState,
  observation: Observation,
  draft: RecordDraft,
): SiteState {
  const heard = noteLoops(definition, before, observation);
  const state = foldQuality(definition, heard, observation, draft);
  switch (observation.kind) {
    case 'loop-transition':
    case 'loop-counters':
    case 'loop-occupancy':
    case 'vehicle-detection':
    case 'device-interval':
      return foldLoop(definition, state, observation, draft);
    case 'vehicle-tracks': {
      const camera = definition.cameras.find(({ camera: id }) => id === observation.camera);
      const known = state.cameras.get(observation.camera);
      if (camera === undefined || known === undefined) return state;
      const fold = foldVehicleTracks(camera, known, observation, definition);
      const seen = { ...state, cameras: new Map(state.cameras).set(camera.camera, fold.state) };
      const raised = recordPassages(definition, seen, fold.passages, draft);
      return raiseIncidents(definition, raised, fold.evidence, draft);
    }
    case 'road-object': {
      const camera = definition.cameras.find(({ camera: id }) => id === observation.camera);
      if (camera === undefined) return state;
      return raiseIncidents(definition, state, objectEvidence(camera, observation, definition), draft);
    }
    case 'evidence-kept':
      return attachEvidence(state, observation, draft);
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
  claim: LoopClaim,
  draft: RecordDraft,
): SiteState {
  const lane = laneIndex(definition).byLoop.get(claim.loop);
  const known = lane === undefined ? undefined : state.loops.get(lane.lane);
  if (lane === undefined || known === undefined) return state;
  const fold = foldLoopClaim(lane, known, claim);
  const next = { ...state, loops: new Map(state.loops).set(lane.lane, fold.state) };
  return fold.passages.length === 0 ? next : recordPassages(definition, next, fold.passages, draft);
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
  for (const lane of laneIndex(definition).byDevice.get(sampling.sensor) ?? []) {
    const known = loops.get(lane.lane);
    if (known !== undefined) loops.set(lane.lane, foldLoopSampling(lane, known, sampling));
  }
  return { ...state, loops };
}

/** Records passages, and lets fault rules and incidents know of them. */
function recordPassages(
  definition: SiteDefinition,
  before: SiteState,
  measured: readonly MeasuredPassage[],
  draft: RecordDraft,
): SiteState {
  const passages = measured.map(({ passage }) => passage);
  for (const { passage, headway } of measured) draft.passage(passageOf(passage, headway), passage.frontMs);
  return judgePassages(definition, notePassages(before, passages), passages, draft);
}

function letTimePass(
  definition: SiteDefinition,
  before: SiteState,
  clock: WallClock,
  draft: RecordDraft,
): SiteState {
  const advanced = advanceLanes(definition, judgeQuality(definition, before, clock, draft), clock);
  const state = recordPassages(definition, advanced.state, advanced.passages, draft);
  for (const interval of advanced.intervals) draft.flow(interval);
  for (const interval of advanced.movements) draft.movement(interval);
  return letIncidentsPass(definition, state, clock.nowMs, draft);
}

function mapValues<K, V>(map: ReadonlyMap<K, V>, change: (value: V) => V): ReadonlyMap<K, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
