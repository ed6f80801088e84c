import { type CrossLine, crossLineOf, dot, isInside, lengthOf, relativeTo, subtract } from '../geometry.ts';
import type { VehicleTracks } from '../observations/observation.ts';
import type { CameraDefinition, CameraLaneDefinition, PointPx } from '../site-definition.ts';
import type { CompletedPassage } from './passage.ts';
import { trackFigures } from './track-figures.ts';
import { foldTrack, halvesOf, lastSeen, type Sample, type TrackMotion } from './track-motion.ts';

/** A track that was not claimed for this long is forgotten. */
const FORGET_MS = 5000;
/*
 * Two gates, in box heights: a track counts when its foot has been seen this far before the line and that far
 * beyond it, and has come a good way. A detector's boxes jump by a tenth of their height, vehicles that queue on
 * the line creep back and forth, and a box on a shadow goes nowhere.
 */
const GATE_BEFORE = 0.05;
const GATE_BEYOND = 0.1;
const TRAVEL = 0.5;
/** Against its lane a vehicle is rarer than a track that was handed from one vehicle to the next. */
const TRAVEL_REVERSE = 1;
/** A movement within 60° of a direction goes along it (cos 60°). */
const ALONG_COSINE = 0.5;
/** A crossing may lie this far outside the drawn line, as a share of its length: vehicles straddle lanes. */
const BESIDE_LINE = 0.25;

type Direction = CompletedPassage['direction'];

/** How one track has moved relative to one counting line. */
interface Approach {
  readonly atMs: number;
  /** Distance past the line in the lane's direction, in pixels; negative before it. */
  readonly beyond: number;
  /** The farthest it was seen before and beyond the line, in box heights of that moment. */
  readonly farBefore: number;
  readonly farBeyond: number;
  /** When its foot last went over the line, whichever way, and where along it (0 to 1). */
  readonly crossing: { readonly atMs: number; readonly along: number } | null;
}

export interface ViewedTrack {
  readonly motion: TrackMotion;
  /** By lane. */
  readonly approaches: Readonly<Record<string, Approach>>;
  /**
   * Which way it went when it was counted. A track is one vehicle and makes one passage; a second one only the
   * other way, because then it has turned, or the tracker has taken up an oncoming vehicle where it lost this.
   */
  readonly counted: PointPx | null;
}

export interface ViewState {
  readonly tracks: ReadonlyMap<number, ViewedTrack>;
}

export const EMPTY_VIEW: ViewState = { tracks: new Map() };

export interface ViewFold {
  readonly state: ViewState;
  readonly passages: readonly CompletedPassage[];
}

/** People and bicycles are not counted as vehicles of a lane. */
export function isMotorVehicle(viewed: { readonly class: string }): boolean {
  return viewed.class !== 'person' && viewed.class !== 'bicycle';
}

/** Folds one picture's tracks: who crossed a counting line since the picture before. */
export function foldTracks(camera: CameraDefinition, state: ViewState, observation: VehicleTracks): ViewFold {
  const tracks = new Map<number, ViewedTrack>();
  const passages: CompletedPassage[] = [];
  for (const [id, viewed] of state.tracks) {
    if (observation.atMs - viewed.motion.lastMs <= FORGET_MS) tracks.set(id, viewed);
  }
  for (const point of observation.tracks) {
    const before = tracks.get(point.track) ?? null;
    const motion = foldTrack(before?.motion ?? null, point, observation.atMs);
    const viewed: ViewedTrack = {
      motion,
      approaches: before?.approaches ?? {},
      counted: before?.counted ?? null,
    };
    const crossed = point.coasting ? { viewed, passage: null } : cross(camera, viewed);
    tracks.set(point.track, crossed.viewed);
    if (crossed.passage !== null) passages.push(crossed.passage);
  }
  return { state: { tracks }, passages };
}

/** The lane whose polygon holds the foot of a track, if any. */
export function laneOf(camera: CameraDefinition, motion: TrackMotion): CameraLaneDefinition | null {
  const seen = lastSeen(motion);
  if (seen === null) return null;
  return camera.lanes.find((lane) => isInside(seen.foot, lane.polygon)) ?? null;
}

function cross(
  camera: CameraDefinition,
  viewed: ViewedTrack,
): { viewed: ViewedTrack; passage: CompletedPassage | null } {
  const seen = lastSeen(viewed.motion);
  if (seen === null) return { viewed, passage: null };
  const { motion, counted } = viewed;
  const approaches: Record<string, Approach> = {};
  let best: Crossing | null = null;
  for (const lane of camera.lanes) {
    const known = viewed.approaches[lane.lane] ?? null;
    const approach = approachOf(lane, { known, seen, heightPx: motion.boxHeightPx });
    approaches[lane.lane] = approach;
    const direction = passedBy(approach, motion.boxHeightPx);
    if (direction === null || approach.crossing === null) continue;
    const way = wayOf(lane, direction);
    if (counted !== null && !areOpposite(counted, way)) continue;
    if ((counted !== null || direction === 'reverse') && courseOf(motion, way) !== 'forward') continue;
    const offCentre = Math.abs(approach.crossing.along - 0.5);
    if (offCentre > 0.5 + BESIDE_LINE) continue;
    if (best === null || offCentre < best.offCentre) {
      best = { lane, direction, atMs: approach.crossing.atMs, way, offCentre };
    }
  }
  if (best === null || !isMotorVehicle(motion)) return { viewed: { ...viewed, approaches }, passage: null };
  return {
    viewed: { motion, approaches: {}, counted: best.way },
    passage: cameraPassage(camera, motion, best),
  };
}

interface Crossing {
  readonly lane: CameraLaneDefinition;
  readonly direction: Direction;
  readonly atMs: number;
  readonly way: PointPx;
  /** How far from the middle of the line, as a share of its length. */
  readonly offCentre: number;
}

function wayOf(lane: CameraLaneDefinition, direction: Direction): PointPx {
  const [from, to] = lane.direction;
  return direction === 'forward' ? subtract(to, from) : subtract(from, to);
}

/** Worked out once for a definition, which never changes: each track asks in each picture. */
const crossLines = new WeakMap<CameraLaneDefinition, CrossLine>();

function crossLineIn(lane: CameraLaneDefinition): CrossLine {
  const line = crossLines.get(lane) ?? crossLineOf(lane.countLine, lane.direction);
  crossLines.set(lane, line);
  return line;
}

function approachOf(
  lane: CameraLaneDefinition,
  now: { readonly known: Approach | null; readonly seen: Sample; readonly heightPx: number },
): Approach {
  const { known, seen, heightPx } = now;
  const { beyond, along } = relativeTo(seen.foot, crossLineIn(lane));
  const heights = beyond / Math.max(1, heightPx);
  if (known === null) {
    return { atMs: seen.atMs, beyond, farBefore: heights, farBeyond: heights, crossing: null };
  }
  const over = known.beyond > 0 !== beyond > 0;
  const share = over ? known.beyond / (known.beyond - beyond) : 0;
  return {
    atMs: seen.atMs,
    beyond,
    farBefore: Math.min(known.farBefore, heights),
    farBeyond: Math.max(known.farBeyond, heights),
    crossing: over ? { atMs: known.atMs + share * (seen.atMs - known.atMs), along } : known.crossing,
  };
}

/** Which way a track has gone through both gates of a line, if it has. */
function passedBy({ beyond, farBefore, farBeyond }: Approach, heightPx: number): Direction | null {
  const heights = beyond / Math.max(1, heightPx);
  if (heights >= GATE_BEYOND && farBefore <= -GATE_BEFORE && heights - farBefore >= TRAVEL) return 'forward';
  if (heights <= -GATE_BEYOND && farBeyond >= GATE_BEFORE && farBeyond - heights >= TRAVEL_REVERSE) {
    return 'reverse';
  }
  return null;
}

/** Whether a track goes this way or against it, steadily: no single jump makes it. */
export function courseOf(motion: TrackMotion, way: PointPx): Direction | null {
  const cosines = halvesOf(motion)?.map((px) => cosineOf(px, way)) ?? [0];
  if (cosines.every((cosine) => cosine >= ALONG_COSINE)) return 'forward';
  return cosines.every((cosine) => cosine <= -ALONG_COSINE) ? 'reverse' : null;
}

function areOpposite(a: PointPx, b: PointPx): boolean {
  return cosineOf(a, b) <= -ALONG_COSINE;
}

function cosineOf(a: PointPx, b: PointPx): number {
  const lengths = lengthOf(a) * lengthOf(b);
  return lengths === 0 ? 0 : dot(a, b) / lengths;
}

function cameraPassage(
  camera: CameraDefinition,
  motion: TrackMotion,
  { lane, direction, atMs }: Crossing,
): CompletedPassage {
  return {
    lane: lane.lane,
    source: 'camera',
    sensor: camera.camera,
    direction,
    frontMs: atMs,
    rearMs: null,
    completedMs: motion.lastMs,
    onTimeMs: null,
    ...trackFigures(camera, lane, { motion, atMs }),
    travel: null,
    lengthClass: null,
    class: motion.class,
    counterOnly: false,
  };
}
