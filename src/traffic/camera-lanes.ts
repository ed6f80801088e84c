import type { WallClock } from './flow/interval-series.ts';
import {
  beginIntervals,
  closeIntervals,
  cutIntervals,
  type FlowClosed,
  flowPassage,
  flowQueue,
  flowSampling,
  type LaneFlow,
  NOTHING_OPEN,
  openLaneFlow,
} from './flow/lane-flow.ts';
import { cameraMeasure } from './flow/measure.ts';
import { foldCollisions, NO_COLLISION } from './incidents/collision-evidence.ts';
import { isIgnored } from './incidents/road-place.ts';
import {
  conductThroughBlindness,
  foldConduct,
  NO_CONDUCT,
  type TrackEvidence,
} from './incidents/track-evidence.ts';
import { laneNamed } from './lane-index.ts';
import type { MeasuredPassage } from './lane-loops.ts';
import {
  beginMovements,
  closeMovements,
  cutMovements,
  foldMovements,
  type MovementFlow,
  type MovementStep,
  movementSampling,
  openMovementFlow,
} from './movements/movement-flow.ts';
import type { MovementInterval } from './movements/movement-interval.ts';
import type { SensorSampling, VehicleTracks } from './observations/observation.ts';
import { EMPTY_VIEW, foldTracks } from './passages/camera-view.ts';
import { lengthClassOf } from './passages/length-class.ts';
import { lineViewOf } from './passages/line-view.ts';
import type { CompletedPassage } from './passages/passage.ts';
import { foldQueues, type LaneQueue, NO_QUEUE } from './queues/lane-queue.ts';
import type { FlowInterval } from './record.ts';
import type { CameraDefinition, SiteDefinition } from './site-definition.ts';
import type { CameraState } from './site-state.ts';
import type { Span } from './span.ts';

/** A longer stretch without pictures is blindness, not a slow detector. */
const BLIND_MS = 2000;

export function openCameraLanes(
  definition: Pick<SiteDefinition, 'lanes' | 'intervalsS'>,
  camera: CameraDefinition,
  clock: WallClock,
): CameraState {
  const flows = camera.lanes.flatMap((seen) => {
    const lane = laneNamed(definition.lanes, seen.lane);
    if (lane === undefined) return [];
    const lengths = lineViewOf(camera, seen, lane.speedLimitKmh)?.showsLength ?? false;
    const of = { measure: cameraMeasure(lane, { lengths }), sensor: camera.camera };
    return [[lane.lane, openLaneFlow(of, definition.intervalsS, clock)] as const];
  });
  return {
    view: EMPTY_VIEW,
    conduct: NO_CONDUCT,
    collisions: NO_COLLISION,
    flows: new Map(flows),
    queued: NO_QUEUE,
    movements: openMovementFlow(camera, definition.intervalsS, clock),
    pictureMs: clock.nowMs,
    shownSinceMs: clock.nowMs,
  };
}

/** Folds one picture: passages over the counting lines, and what the tracks do that may be an incident. */
export function foldVehicleTracks(
  camera: CameraDefinition,
  state: CameraState,
  observation: VehicleTracks,
  definition: Pick<SiteDefinition, 'lanes' | 'incidents'>,
): {
  readonly state: CameraState;
  readonly passages: readonly MeasuredPassage[];
  readonly evidence: readonly TrackEvidence[];
} {
  const points = observation.tracks.filter(({ foot }) => !isIgnored(camera, foot));
  const seen = foldTracks(camera, state.view, { ...observation, tracks: points });
  const sinceMs = observation.atMs - state.pictureMs;
  const blind = sinceMs > BLIND_MS;
  // A millisecond is left, so that who stands there now was seen later than who stood there before.
  const known = blind ? conductThroughBlindness(state.conduct, sinceMs - 1) : state.conduct;
  const waiting = foldQueues(camera, state.queued, seen.state);
  const picture = { view: seen.state, points, atMs: observation.atMs, queues: waiting.queues };
  const conduct = foldConduct(camera, known, picture, definition);
  const collisions = foldCollisions(camera, state.collisions, picture, definition);
  const flows = new Map(state.flows);
  if (!blind) {
    lengthenQueues(camera, flows, waiting.queues, { fromMs: state.pictureMs, toMs: observation.atMs });
  }
  const passages = countPassages(definition, flows, seen.passages);
  const pictureMs = Math.max(state.pictureMs, observation.atMs);
  return {
    state: {
      view: seen.state,
      conduct: conduct.state,
      collisions: collisions.state,
      flows,
      queued: waiting.state,
      movements: state.movements && foldMovements(camera, state.movements, picture),
      pictureMs,
      shownSinceMs: blind ? observation.atMs : state.shownSinceMs,
    },
    passages,
    evidence: [...conduct.evidence, ...collisions.evidence],
  };
}

/** Adds the passages to their lanes' intervals, in their length classes. */
function countPassages(
  definition: Pick<SiteDefinition, 'lanes'>,
  flows: Map<string, LaneFlow>,
  passages: readonly CompletedPassage[],
): readonly MeasuredPassage[] {
  return passages.flatMap((seen) => {
    const flow = flows.get(seen.lane);
    const lane = laneNamed(definition.lanes, seen.lane);
    if (flow === undefined || lane === undefined) return [];
    const passage = { ...seen, lengthClass: lengthClassOf(lane.classScheme, seen.lengthM) };
    const counted = flowPassage(flow, passage);
    flows.set(seen.lane, counted.flow);
    return [{ passage, headway: counted.headway }];
  });
}

/** What waited at this picture has waited since the one before. */
function lengthenQueues(
  camera: CameraDefinition,
  flows: Map<string, LaneFlow>,
  queues: readonly LaneQueue[],
  since: Span,
): void {
  for (const { lane, lengthM } of queues) {
    const flow = flows.get(lane);
    const hasStopLine = camera.lanes.some((each) => each.lane === lane && each.stopLine !== null);
    if (flow === undefined || lengthM === null || !hasStopLine) continue;
    flows.set(lane, flowQueue(flow, { ...since, lengthM }));
  }
}

export function foldCameraSampling(state: CameraState, sampling: SensorSampling): CameraState {
  return mapFlows(state, {
    lane: (flow) => flowSampling(flow, sampling),
    movements: (flow) => movementSampling(flow, sampling),
  });
}

export function beginCameraLanes(state: CameraState, clock: WallClock): CameraState {
  return mapFlows(state, {
    lane: (flow) => beginIntervals(flow, clock),
    movements: (flow) => beginMovements(flow, clock),
  });
}

/** The intervals of a camera that are over. */
export interface CameraClosed {
  readonly state: CameraState;
  readonly closed: readonly FlowInterval[];
  readonly movements: readonly MovementInterval[];
}

export function advanceCameraLanes(state: CameraState, clock: WallClock): CameraClosed {
  return closing(state, {
    lane: (flow) => closeIntervals(flow, clock, NOTHING_OPEN),
    movements: (flow) => closeMovements(flow, clock),
  });
}

export function cutCameraLanes(state: CameraState, clock: WallClock): CameraClosed {
  return closing(state, {
    lane: (flow) => cutIntervals(flow, clock, NOTHING_OPEN),
    movements: (flow) => cutMovements(flow, clock),
  });
}

function closing(
  state: CameraState,
  step: { lane(flow: LaneFlow): FlowClosed; movements(flow: MovementFlow): MovementStep },
): CameraClosed {
  const closed: FlowInterval[] = [];
  const movements: MovementInterval[] = [];
  const next = mapFlows(state, {
    lane: (flow) => {
      const stepped = step.lane(flow);
      closed.push(...stepped.closed);
      return stepped.flow;
    },
    movements: (flow) => {
      const stepped = step.movements(flow);
      movements.push(...stepped.closed);
      return stepped.flow;
    },
  });
  return { state: next, closed, movements };
}

function mapFlows(
  state: CameraState,
  change: { lane(flow: LaneFlow): LaneFlow; movements(flow: MovementFlow): MovementFlow },
): CameraState {
  return {
    ...state,
    flows: new Map([...state.flows].map(([lane, flow]) => [lane, change.lane(flow)])),
    movements: state.movements && change.movements(state.movements),
  };
}
