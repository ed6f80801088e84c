import { advanceCameraLanes, type CameraClosed, cutCameraLanes } from './camera-lanes.ts';
import { learnEffectiveLength } from './flow/effective-length.ts';
import type { WallClock } from './flow/interval-series.ts';
import { type LoopLane, laneIndex } from './lane-index.ts';
import {
  advanceLaneLoops,
  cutLaneLoops,
  isBelieved,
  type LaneLoopsClosed,
  type MeasuredPassage,
} from './lane-loops.ts';
import type { MovementInterval } from './movements/movement-interval.ts';
import { markLead } from './quality/lane-lead.ts';
import type { FlowInterval } from './record.ts';
import type { LaneDefinition, SiteDefinition } from './site-definition.ts';
import { isCameraBelieved } from './site-faults.ts';
import type { CameraState, LaneLoopsState, SiteState } from './site-state.ts';

export interface IntervalsFold {
  readonly state: SiteState;
  /** In the order of the definition's lanes. */
  readonly intervals: readonly FlowInterval[];
  readonly movements: readonly MovementInterval[];
  readonly passages: readonly MeasuredPassage[];
}

/** Lets time pass over all lanes: vehicles that are now certain, and intervals whose grace time is over. */
export function advanceLanes(definition: SiteDefinition, state: SiteState, clock: WallClock): IntervalsFold {
  return stepLanes(definition, state, {
    loops: (lane, loops) => advanceLaneLoops(lane, loops, clock),
    camera: (camera) => advanceCameraLanes(camera, clock),
  });
}

/** Cuts all running intervals, because the clock stepped or the agent stops. */
export function cutLanes(definition: SiteDefinition, state: SiteState, clock: WallClock): IntervalsFold {
  return stepLanes(definition, state, {
    loops: (lane, loops) => cutLaneLoops(lane, loops, clock),
    camera: (camera) => cutCameraLanes(camera, clock),
  });
}

interface LaneStep {
  loops(lane: LoopLane, loops: LaneLoopsState): LaneLoopsClosed;
  camera(camera: CameraState): CameraClosed;
}

function stepLanes(definition: SiteDefinition, state: SiteState, step: LaneStep): IntervalsFold {
  const passages: MeasuredPassage[] = [];
  const closed: FlowInterval[] = [];
  const movements: MovementInterval[] = [];
  const loops = new Map(state.loops);
  for (const lane of laneIndex(definition).lanes) {
    const known = loops.get(lane.lane);
    if (known === undefined) continue;
    const stepped = step.loops(lane, known);
    loops.set(lane.lane, stepped.state);
    passages.push(...stepped.passages);
    closed.push(...stepped.closed);
  }
  const cameras = new Map(state.cameras);
  for (const [id, camera] of state.cameras) {
    const stepped = step.camera(camera);
    cameras.set(id, stepped.state);
    movements.push(...stepped.movements);
    closed.push(...stepped.closed);
  }
  return { ...settle(definition, { ...state, loops, cameras }, closed), passages, movements };
}

/** All sources of a lane close in one tick: which of them leads, and what the lane learns from them. */
function settle(
  definition: SiteDefinition,
  before: SiteState,
  closed: readonly FlowInterval[],
): Omit<IntervalsFold, 'passages' | 'movements'> {
  if (closed.length === 0) return { state: before, intervals: closed };
  const byLane = Map.groupBy(closed, ({ lane }) => lane);
  const intervals: FlowInterval[] = [];
  let state = before;
  for (const lane of definition.lanes) {
    const ended = byLane.get(lane.lane);
    if (ended === undefined) continue;
    intervals.push(
      ...markLead(lane, ended, (source) =>
        source === 'camera' ? isCameraBelieved(state, lane.lane) : loopsBelieved(definition, state, lane),
      ),
    );
    state = learn(definition, state, lane, ended);
  }
  return { state, intervals };
}

function loopsBelieved(definition: SiteDefinition, state: SiteState, { lane }: LaneDefinition): boolean {
  const loops = state.loops.get(lane);
  const loopLane = laneIndex(definition).byLane.get(lane);
  return loops !== undefined && loopLane !== undefined && isBelieved(loopLane, loops);
}

/** The narrowest intervals are the ones to learn from: the wider ones are made of the same vehicles. */
function learn(
  definition: SiteDefinition,
  state: SiteState,
  lane: LaneDefinition,
  ended: readonly FlowInterval[],
): SiteState {
  const widthS = Math.min(...definition.intervalsS);
  const known = state.loops.get(lane.lane);
  const narrow = ended.filter((interval) => interval.widthS === widthS && !interval.partial);
  const byLoop = narrow.filter(({ source }) => source === 'loop');
  if (known === undefined || byLoop.length === 0) return state;
  const byCamera = isCameraBelieved(state, lane.lane)
    ? narrow.filter(({ source }) => source === 'camera')
    : [];
  const effectiveLength = byLoop.reduce((learned, loop) => {
    const camera = byCamera.find(({ startMs }) => startMs === loop.startMs);
    return learnEffectiveLength(learned, loop, camera ?? null, lane);
  }, known.effectiveLength);
  return { ...state, loops: new Map(state.loops).set(lane.lane, { ...known, effectiveLength }) };
}
