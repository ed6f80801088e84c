import { projectPoint } from '../../base/homography.ts';
import { MS_PER_S } from '../../base/units.ts';
import { lengthOf } from '../geometry.ts';
import { alongM, wayOnGround } from '../lane-ground.ts';
import { laneNamed } from '../lane-index.ts';
import { lastSeen, type TrackMotion } from '../passages/track-motion.ts';
import type { LaneQueue } from '../queues/lane-queue.ts';
import type { CameraDefinition, CameraLaneDefinition, SiteDefinition } from '../site-definition.ts';
import { judgeQueue, outlasts, type QueueSize, type TooLong } from './congestion.ts';
import { isWatched } from './incident-rule.ts';
import { alongPx, extentPx, waitSIn } from './road-place.ts';
import type { TrackConduct } from './track-conduct.ts';
import type { TrackEvidence } from './track-evidence.ts';

/** Vehicles that wait behind one another have no more than this between their feet, in box heights. */
const GAP_HEIGHTS = 5;
/** Slower than this is creeping: km/h (2.78 m/s in Chinese expressway practice), or box heights per second. */
const CREEPS_BELOW_KMH = 10;
const CREEPS_BELOW_HEIGHTS_PER_S = 0.4;

/** A vehicle at one picture; `lane` is null where it does not wait in a lane. */
export interface SeenVehicle {
  readonly motion: TrackMotion;
  readonly conduct: TrackConduct;
  readonly lane: CameraLaneDefinition | null;
}

/**
 * The part of each waiting vehicle in the line it waits in, by lane and track. `head-beyond`: it is the first one
 * that is seen, but the line begins where the lane leaves the picture, so it waits for something out of sight.
 * `held`: the one right before it stands; `behind`: that one creeps on.
 */
export type LinePart = 'head' | 'head-beyond' | 'behind' | 'held';
export type LaneLines = ReadonlyMap<string, ReadonlyMap<number, LinePart>>;

/** By lane; `overdue`: it has been too long for longer than vehicles wait there by design. */
export type LineState = ReadonlyMap<string, LongLine>;

interface LongLine extends TooLong {
  readonly overdue?: true;
}

/** As with what stands (throughBlindness): an incident that was open goes on, the others begin anew. */
export function linesThroughBlindness(lines: LineState, blindMs: number): LineState {
  const kept = [...lines].filter(([, { overdue }]) => overdue === true);
  return new Map(
    kept.map(([lane, { sinceMs, lastMs }]) => [
      lane,
      { sinceMs: sinceMs + blindMs, lastMs: lastMs + blindMs, overdue: true },
    ]),
  );
}

/** Who waits behind whom in each lane at one picture, and which lines are too long. */
export function foldLaneLines(
  camera: CameraDefinition,
  state: LineState,
  seen: {
    readonly vehicles: readonly SeenVehicle[];
    readonly queues: readonly LaneQueue[];
    readonly atMs: number;
  },
  definition: Pick<SiteDefinition, 'lanes' | 'incidents'>,
): { readonly state: LineState; readonly lines: LaneLines; readonly evidence: readonly TrackEvidence[] } {
  const tooLong = new Map<string, LongLine>();
  const parts = new Map<string, ReadonlyMap<number, LinePart>>();
  const evidence: TrackEvidence[] = [];
  for (const lane of camera.lanes) {
    const waiting = seen.vehicles.filter((each) => each.lane?.lane === lane.lane && isWaiting(each));
    const lines = linesOf(lane, waiting);
    parts.set(lane.lane, new Map(lines.flatMap((line) => partsOf(lane, line))));
    const longest = lines.toSorted((a, b) => b.length - a.length)[0] ?? [];
    const measured = seen.queues.find((queue) => queue.lane === lane.lane) ?? null;
    const size = sizeOf(camera, lane, { line: longest, measured });
    const known = state.get(lane.lane) ?? null;
    const judged = judgeQueue(known, size, definition.incidents.congestion, seen.atMs);
    if (judged === null) continue;
    tooLong.set(lane.lane, judged);
    const head = longest[0];
    const kind = laneNamed(definition.lanes, lane.lane)?.kind ?? 'through';
    const waitS = waitSIn(lane, kind, definition.incidents.stoppedVehicle);
    if (head === undefined || judged.lastMs !== seen.atMs || !outlasts(judged, waitS, seen.atMs)) continue;
    if (!isWatched(definition.incidents, 'congestion', kind)) continue;
    if (outlasts(judged, definition.incidents.congestion.dwellS, seen.atMs)) {
      tooLong.set(lane.lane, { ...judged, overdue: true });
    }
    evidence.push(
      queueEvidence(camera, lane, { head, sinceMs: judged.sinceMs, lengthM: size.lengthM, ...seen }),
    );
  }
  return { state: tooLong, lines: parts, evidence };
}

function isStandingNow({ motion, conduct }: SeenVehicle): boolean {
  return conduct.standing?.lastMs === motion.lastMs;
}

function isWaiting(vehicle: SeenVehicle): boolean {
  if (isStandingNow(vehicle)) return true;
  const { motion, conduct } = vehicle;
  const { movement } = motion;
  if (movement === null) return conduct.standing !== null;
  if (movement.speedKmh !== null) return movement.speedKmh < CREEPS_BELOW_KMH;
  const heights = lengthOf(movement.px) / Math.max(1, motion.boxHeightPx);
  return (heights / movement.spanMs) * MS_PER_S < CREEPS_BELOW_HEIGHTS_PER_S;
}

/** Vehicles behind one another, front first; one alone is a line of one. */
function linesOf(
  lane: CameraLaneDefinition,
  waiting: readonly SeenVehicle[],
): readonly (readonly SeenVehicle[])[] {
  const frontFirst = waiting.toSorted((a, b) => placeIn(lane, b) - placeIn(lane, a));
  const lines: SeenVehicle[][] = [];
  for (const vehicle of frontFirst) {
    const last = lines.at(-1)?.at(-1);
    const gap = GAP_HEIGHTS * Math.max(vehicle.conduct.heightPx, last?.conduct.heightPx ?? 0);
    const isNext = last !== undefined && placeIn(lane, last) - placeIn(lane, vehicle) <= gap;
    if (isNext) lines.at(-1)?.push(vehicle);
    else lines.push([vehicle]);
  }
  return lines;
}

function partsOf(
  lane: CameraLaneDefinition,
  line: readonly SeenVehicle[],
): readonly (readonly [number, LinePart])[] {
  const [head, ...others] = line;
  if (head === undefined) return [];
  const goesOn = extentPx(lane).to - placeIn(lane, head) <= GAP_HEIGHTS * head.conduct.heightPx;
  const part = others.length > 0 && goesOn ? 'head-beyond' : 'head';
  const rest = others.map(({ motion }, index) => {
    const before = line[index];
    return [motion.track, before !== undefined && isStandingNow(before) ? 'held' : 'behind'] as const;
  });
  return [[head.motion.track, part], ...rest];
}

/** In metres as it is measured, or from the first foot to the last as a share of the drawn lane. */
function sizeOf(
  camera: CameraDefinition,
  lane: CameraLaneDefinition,
  { line, measured }: { readonly line: readonly SeenVehicle[]; readonly measured: LaneQueue | null },
): QueueSize {
  const { from, to } = extentPx(lane);
  const [head, tail] = [line[0], line.at(-1)];
  const spanPx = head === undefined || tail === undefined ? 0 : placeIn(lane, head) - placeIn(lane, tail);
  const sharePct = (100 * spanPx) / Math.max(1, to - from);
  if (measured === null || measured.lengthM === null) {
    return { vehicles: line.length, lengthM: null, drawnM: null, sharePct };
  }
  return { vehicles: measured.vehicles, lengthM: measured.lengthM, drawnM: drawnM(camera, lane), sharePct };
}

/** How much of a lane is drawn, metres along its direction; null where it is drawn beyond the horizon. */
function drawnM({ plane }: CameraDefinition, lane: CameraLaneDefinition): number | null {
  const way = plane && wayOnGround(lane, plane.matrix);
  if (plane === null || way === null) return null;
  const along: number[] = [];
  for (const corner of lane.polygon) {
    const placeM = projectPoint(plane.matrix, corner);
    if (placeM === null) return null;
    along.push(alongM(placeM, way));
  }
  return Math.max(...along) - Math.min(...along);
}

function placeIn(lane: CameraLaneDefinition, { conduct }: SeenVehicle): number {
  return alongPx(conduct.foot, lane);
}

function queueEvidence(
  { camera }: CameraDefinition,
  { lane }: CameraLaneDefinition,
  queue: {
    readonly head: SeenVehicle;
    readonly sinceMs: number;
    readonly lengthM: number | null;
    readonly atMs: number;
  },
): TrackEvidence {
  const { head, sinceMs, lengthM, atMs } = queue;
  return {
    sensor: camera,
    source: 'camera',
    says: 'raises',
    subject: { camera: null, name: 'lane', foot: null, sizePx: 0 },
    sinceMs,
    atMs,
    conclusive: false,
    lane,
    zone: null,
    incidentKind: 'congestion',
    positionPx: head.conduct.foot,
    positionM: lastSeen(head.motion)?.groundM ?? null,
    speedKmh: head.motion.movement?.speedKmh ?? null,
    direction: 'forward',
    queueLengthM: lengthM,
  };
}
