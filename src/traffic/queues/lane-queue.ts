import { projectPoint } from '../../base/homography.ts';
import { isInside } from '../geometry.ts';
import { alongM, footShare, middleOf, type PointM, wayOnGround } from '../lane-ground.ts';
import type { VehicleClass } from '../observations/observation.ts';
import { isMotorVehicle, laneOf, type ViewState } from '../passages/camera-view.ts';
import { isStanding, lastSeen, type TrackMotion } from '../passages/track-motion.ts';
import type { CameraDefinition, CameraLaneDefinition } from '../site-definition.ts';

/** A vehicle joins the queue when it stands (SUMO: 1.39 m/s) and has left it when it is clearly under way again. */
const JOINS_BELOW_KMH = 5;
const LEAVES_ABOVE_KMH = 15;
/** So much road without a seen vehicle may hide one that is covered by the vehicle before it; more ends the queue. */
const MAX_GAP_M = 15;
/** Vehicle lengths by class: half a metre more or less of the last vehicle makes no other queue, m. */
const LENGTH_M: Readonly<Record<VehicleClass, number>> = {
  car: 4.5,
  van: 5.5,
  truck: 9,
  bus: 11.5,
  motorcycle: 2,
  bicycle: 2,
  person: 1,
  unknown: 4.5,
};

/** The tracks that stand or creep in a queue. */
export type QueueState = ReadonlySet<number>;

export const NO_QUEUE: QueueState = new Set();

/** What waits in one lane at one picture. */
export interface LaneQueue {
  readonly lane: string;
  /** Vehicles of the queue that are seen. */
  readonly vehicles: number;
  /**
   * From the stop line, or where the lane has none from the front of the first vehicle that stands, back to the
   * rear of the last one that is still part of the queue, along the lane's direction. 0 without a queue. Null
   * where the camera is not calibrated. A queue that is longer than the camera sees is cut at its view.
   */
  readonly lengthM: number | null;
}

/**
 * The queues of a camera's lanes at one picture: for the flow intervals of lanes with a stop line, and for the
 * congestion incident of every lane (incidents/lane-lines.ts).
 */
export function foldQueues(
  camera: CameraDefinition,
  state: QueueState,
  view: ViewState,
): { readonly state: QueueState; readonly queues: readonly LaneQueue[] } {
  const queued = new Set<number>();
  const waiting = new Map<string, TrackMotion[]>();
  for (const [id, { motion }] of view.tracks) {
    const lane = isMotorVehicle(motion) ? laneOf(camera, motion) : null;
    if (lane === null || isAside(camera, motion) || !waits(motion, state.has(id))) continue;
    queued.add(id);
    waiting.set(lane.lane, [...(waiting.get(lane.lane) ?? []), motion]);
  }
  const queues = camera.lanes.map((lane) => queueOf(camera, lane, waiting.get(lane.lane) ?? []));
  return { state: queued, queues };
}

/** Who is parked or at a bus stop queues for nothing. */
function isAside({ zones }: CameraDefinition, motion: TrackMotion): boolean {
  const seen = lastSeen(motion);
  return zones.some(
    ({ kind, polygon }) =>
      (kind === 'bay' || kind === 'bus-stop') && seen !== null && isInside(seen.foot, polygon),
  );
}

function waits(motion: TrackMotion, wasQueued: boolean): boolean {
  const { movement } = motion;
  if (movement === null) return wasQueued;
  return isStanding(motion, movement, wasQueued ? LEAVES_ABOVE_KMH : JOINS_BELOW_KMH);
}

function queueOf(
  { plane }: CameraDefinition,
  lane: CameraLaneDefinition,
  waiting: readonly TrackMotion[],
): LaneQueue {
  const unmeasured: LaneQueue = { lane: lane.lane, vehicles: waiting.length, lengthM: null };
  const way = plane && wayOnGround(lane, plane.matrix);
  if (plane === null || way === null) return unmeasured;
  const line = lane.stopLine && projectPoint(plane.matrix, middleOf(lane.stopLine));
  if (lane.stopLine !== null && line === null) return unmeasured;
  const extents = waiting.flatMap((motion) => extentOf(motion, way, footShare(lane)) ?? []);
  const ahead = extents.toSorted((a, b) => b.frontM - a.frontM);
  const headM = line === null ? (ahead[0]?.frontM ?? 0) : alongM(line, way);
  let tailM = headM;
  let vehicles = 0;
  for (const { frontM, rearM } of ahead) {
    if (tailM - frontM > MAX_GAP_M) break;
    if (rearM > headM) continue;
    tailM = Math.min(tailM, rearM);
    vehicles += 1;
  }
  return { lane: lane.lane, vehicles, lengthM: headM - tailM };
}

/** Where a vehicle begins and ends along the lane, metres in its direction. */
function extentOf(
  motion: TrackMotion,
  way: PointM,
  footAt: number,
): { readonly frontM: number; readonly rearM: number } | null {
  const groundM = lastSeen(motion)?.groundM ?? null;
  if (groundM === null) return null;
  const footM = alongM(groundM, way);
  const lengthM = LENGTH_M[motion.class];
  return { frontM: footM + (1 - footAt) * lengthM, rearM: footM - footAt * lengthM };
}
