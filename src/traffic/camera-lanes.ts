import {
  beginIntervals,
  closeIntervals,
  cutIntervals,
  type FlowClosed,
  flowPassage,
  flowSampling,
  type LaneFlow,
  NOTHING_OPEN,
  openLaneFlow,
  type WallClock,
} from './flow/lane-flow.ts';
import { cameraMeasure } from './flow/measure.ts';
import { foldConduct, type TrackEvidence } from './incidents/track-evidence.ts';
import type { MeasuredPassage } from './lane-loops.ts';
import type { SensorSampling, VehicleTracks } from './observations/observation.ts';
import { EMPTY_VIEW, foldTracks } from './passages/camera-view.ts';
import type { FlowInterval } from './record.ts';
import type { CameraDefinition, SiteDefinition } from './site-definition.ts';
import type { CameraState } from './site-state.ts';

/** A longer stretch without pictures is blindness, not a slow detector. */
const BLIND_MS = 2000;

export function openCameraLanes(
  definition: Pick<SiteDefinition, 'lanes' | 'intervalsS'>,
  camera: CameraDefinition,
  clock: WallClock,
): CameraState {
  const flowOf = (lane: string): LaneFlow => {
    const station = definition.lanes.find(({ lane: id }) => id === lane)?.station ?? null;
    const of = { measure: cameraMeasure(lane, station), sensor: camera.camera };
    return openLaneFlow(of, definition.intervalsS, clock);
  };
  return {
    view: EMPTY_VIEW,
    conduct: new Map(),
    flows: new Map(camera.lanes.map(({ lane }) => [lane, flowOf(lane)])),
    pictureMs: clock.nowMs,
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
  const seen = foldTracks(camera, state.view, observation);
  // Who stood before a stretch without pictures may have been away in it: standing time begins anew.
  const known = observation.atMs - state.pictureMs > BLIND_MS ? new Map() : state.conduct;
  const conduct = foldConduct(camera, known, seen.state, definition, observation.atMs);
  const flows = new Map(state.flows);
  const passages: MeasuredPassage[] = [];
  for (const passage of seen.passages) {
    const flow = flows.get(passage.lane);
    if (flow === undefined) continue;
    const counted = flowPassage(flow, passage);
    flows.set(passage.lane, counted.flow);
    passages.push({ passage, headway: counted.headway });
  }
  const pictureMs = Math.max(state.pictureMs, observation.atMs);
  return {
    state: { view: seen.state, conduct: conduct.state, flows, pictureMs },
    passages,
    evidence: conduct.evidence,
  };
}

export function foldCameraSampling(state: CameraState, sampling: SensorSampling): CameraState {
  return mapFlows(state, (flow) => flowSampling(flow, sampling));
}

export function beginCameraLanes(state: CameraState, clock: WallClock): CameraState {
  return mapFlows(state, (flow) => beginIntervals(flow, clock));
}

export function advanceCameraLanes(
  state: CameraState,
  clock: WallClock,
): { readonly state: CameraState; readonly closed: readonly FlowInterval[] } {
  return closing(state, (flow) => closeIntervals(flow, clock, NOTHING_OPEN));
}

export function cutCameraLanes(
  state: CameraState,
  clock: WallClock,
): { readonly state: CameraState; readonly closed: readonly FlowInterval[] } {
  return closing(state, (flow) => cutIntervals(flow, clock, NOTHING_OPEN));
}

function closing(
  state: CameraState,
  step: (flow: LaneFlow) => FlowClosed,
): { readonly state: CameraState; readonly closed: readonly FlowInterval[] } {
  const closed: FlowInterval[] = [];
  const next = mapFlows(state, (flow) => {
    const stepped = step(flow);
    closed.push(...stepped.closed);
    return stepped.flow;
  });
  return { state: next, closed };
}

function mapFlows(state: CameraState, change: (flow: LaneFlow) => LaneFlow): CameraState {
  return { ...state, flows: new Map([...state.flows].map(([lane, flow]) => [lane, change(flow)])) };
}
