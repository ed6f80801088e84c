import { MS_PER_S } from '../../base/units.ts';
import { lengthOf, subtract } from '../geometry.ts';
import { goesAlong, isMotorVehicle, laneOf, type ViewState } from '../passages/camera-view.ts';
import { isStanding, lastSeen, movementOf, type TrackMotion } from '../passages/track-motion.ts';
import type { IncidentKind } from '../record.ts';
import type {
  CameraDefinition,
  CameraLaneDefinition,
  IncidentRules,
  LaneKind,
  PointPx,
  SiteDefinition,
} from '../site-definition.ts';
import type { LaneEvidence } from './lane-incident.ts';

/** Uncalibrated: box heights of travel that stand for the configured distance. */
const BOX_HEIGHTS_PER_DISTANCE = 1.5;

/**
 * Where vehicles wait by design, one that stands is no news until it has stood for longer than it can have to:
 * a signal's red, a gap for a turn, the passengers of a bus.
 */
const PATIENCE_S: Readonly<Record<LaneKind, number>> = {
  through: 0,
  ramp: 0,
  'non-motor': 0,
  'stop-line': 180,
  turn: 180,
  bus: 120,
};

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
  definition: Pick<SiteDefinition, 'lanes' | 'incidents'>,
  atMs: number,
): { readonly state: ConductState; readonly evidence: readonly TrackEvidence[] } {
  const conducts = new Map<number, TrackConduct>();
  const evidence: TrackEvidence[] = [];
  for (const [id, { motion }] of view.tracks) {
    if (motion.lastMs !== atMs || !isMotorVehicle(motion)) continue;
    const lane = laneOf(camera, motion);
    if (lane === null) continue;
    const rules = definition.incidents;
    const conduct = judgeTrack(state.get(id) ?? NO_CONDUCT, motion, lane, rules);
    conducts.set(id, conduct);
    const kind = definition.lanes.find((each) => each.lane === lane.lane)?.kind ?? 'through';
    evidence.push(...evidenceOf(camera, lane, motion, conduct, { rules, patienceS: PATIENCE_S[kind] }));
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

  const fast = movement.speedKmh === null ? !standing : movement.speedKmh >= rules.wrongWay.aboveKmh;
  const against = !standing && fast && goesAlong(motion, subtract(lane.direction[0], lane.direction[1]));
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
  { rules, patienceS }: { readonly rules: IncidentRules; readonly patienceS: number },
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
  const { standingSinceMs } = conduct;
  if (standingSinceMs !== null && motion.lastMs - standingSinceMs >= patienceS * MS_PER_S) {
    evidence.push({ ...at, incidentKind: 'stopped-vehicle', sinceMs: standingSinceMs });
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
