import { MS_PER_S } from '../../base/units.ts';
import { dot, lengthOf, subtract } from '../geometry.ts';
import { isMotorVehicle, laneOf, type ViewState } from '../passages/camera-view.ts';
import { isStanding, lastSeen, movementOf, type TrackMotion } from '../passages/track-motion.ts';
import type { IncidentKind } from '../record.ts';
import type { CameraDefinition, CameraLaneDefinition, IncidentRules, PointPx } from '../site-definition.ts';
import type { LaneEvidence } from './lane-incident.ts';

/** A movement within this angle of straight against the lane counts as the wrong way (120°: cos = −0.5). */
const WRONG_WAY_COSINE = -0.5;
/** Uncalibrated: box heights of travel that stand for the configured distance. */
const BOX_HEIGHTS_PER_DISTANCE = 1.5;

/** Since when one track has been doing what an incident is made of. */
export interface TrackConduct {
  readonly standingSinceMs: number | null;
  readonly wrongWay: {
    readonly sinceMs: number;
    readonly fromM: PointPx | null;
    readonly fromPx: PointPx;
  } | null;
}

export type ConductState = ReadonlyMap<number, TrackConduct>;

/** A lane in which a track gives evidence of an incident. */
export interface TrackEvidence extends LaneEvidence {
  readonly lane: string;
  readonly incidentKind: IncidentKind;
  readonly positionPx: PointPx;
  readonly positionM: PointPx | null;
  readonly speedKmh: number | null;
}

/** Judges every track of one camera at one picture. */
export function foldConduct(
  camera: CameraDefinition,
  state: ConductState,
  view: ViewState,
  rules: IncidentRules,
  atMs: number,
): { readonly state: ConductState; readonly evidence: readonly TrackEvidence[] } {
  const conducts = new Map<number, TrackConduct>();
  const evidence: TrackEvidence[] = [];
  for (const [id, { motion }] of view.tracks) {
    if (motion.lastMs !== atMs || !isMotorVehicle(motion)) continue;
    const lane = laneOf(camera, motion);
    if (lane === null) continue;
    const conduct = judgeTrack(state.get(id) ?? NO_CONDUCT, motion, lane, rules);
    conducts.set(id, conduct);
    evidence.push(...evidenceOf(camera, lane, motion, conduct, rules));
  }
  for (const [id, conduct] of state) {
    if (!conducts.has(id) && view.tracks.has(id)) conducts.set(id, conduct);
  }
  return { state: conducts, evidence };
}

const NO_CONDUCT: TrackConduct = { standingSinceMs: null, wrongWay: null };

function judgeTrack(
  conduct: TrackConduct,
  motion: TrackMotion,
  lane: CameraLaneDefinition,
  rules: IncidentRules,
): TrackConduct {
  const movement = movementOf(motion);
  const seen = lastSeen(motion);
  if (movement === null || seen === null) return conduct;
  const standing = isStanding(motion, movement, rules.stoppedVehicle.belowKmh);
  const standingSinceMs = standing ? (conduct.standingSinceMs ?? motion.lastMs - movement.spanMs) : null;

  const way = subtract(lane.direction[1], lane.direction[0]);
  const moved = lengthOf(movement.px);
  const cosine = moved === 0 ? 0 : dot(movement.px, way) / (moved * lengthOf(way));
  const fast = movement.speedKmh === null ? !standing : movement.speedKmh >= rules.wrongWay.aboveKmh;
  const against = !standing && fast && cosine <= WRONG_WAY_COSINE;
  const wrongWay = against
    ? (conduct.wrongWay ?? { sinceMs: motion.lastMs, fromM: seen.groundM, fromPx: seen.foot })
    : null;
  return { standingSinceMs, wrongWay };
}

function evidenceOf(
  camera: CameraDefinition,
  lane: CameraLaneDefinition,
  motion: TrackMotion,
  conduct: TrackConduct,
  rules: IncidentRules,
): readonly TrackEvidence[] {
  const seen = lastSeen(motion);
  if (seen === null) return [];
  const at = {
    sensor: camera.camera,
    lane: lane.lane,
    atMs: motion.lastMs,
    conclusive: false,
    positionPx: seen.foot,
    positionM: seen.groundM,
    speedKmh: movementOf(motion)?.speedKmh ?? null,
  };
  const evidence: TrackEvidence[] = [];
  if (conduct.standingSinceMs !== null) {
    evidence.push({ ...at, incidentKind: 'stopped-vehicle', sinceMs: conduct.standingSinceMs });
  }
  if (conduct.wrongWay !== null) {
    const { sinceMs, fromM, fromPx } = conduct.wrongWay;
    const share = distanceShare(motion, { fromM, fromPx }, rules.wrongWay.distanceM);
    const long = motion.lastMs - sinceMs >= rules.wrongWay.dwellS * MS_PER_S;
    if (share >= 1 && long) evidence.push({ ...at, incidentKind: 'wrong-way', sinceMs, conclusive: true });
  }
  return evidence;
}

/** How much of the configured distance a track has gone against its lane; 1 and more is enough. */
function distanceShare(
  motion: TrackMotion,
  from: { readonly fromM: PointPx | null; readonly fromPx: PointPx },
  distanceM: number,
): number {
  const seen = lastSeen(motion);
  if (seen === null) return 0;
  if (from.fromM !== null && seen.groundM !== null) {
    return lengthOf(subtract(seen.groundM, from.fromM)) / distanceM;
  }
  const heights = lengthOf(subtract(seen.foot, from.fromPx)) / Math.max(1, motion.boxHeightPx);
  return heights / BOX_HEIGHTS_PER_DISTANCE;
}
