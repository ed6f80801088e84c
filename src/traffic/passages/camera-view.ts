import { isInside, relativeTo } from '../geometry.ts';
import type { VehicleTracks } from '../observations/observation.ts';
import type { CameraDefinition, CameraLaneDefinition } from '../site-definition.ts';
import type { CompletedPassage } from './passage.ts';
import { foldTrack, lastSeen, movementOf, type TrackMotion } from './track-motion.ts';

/** A track that was not claimed for this long is forgotten. */
const FORGET_MS = 5000;
/** The window for a spot speed at the line, ms. */
const SPEED_WINDOW_MS = 1000;
/** A foot must be this share of its box's height clear of the line to be on one side: hysteresis. */
const CLEAR_OF_LINE = 0.05;
/** A crossing may lie this far outside the drawn line, as a share of its length: vehicles straddle lanes. */
const BESIDE_LINE = 0.25;

type Side = 'before' | 'beyond';

export interface ViewedTrack {
  readonly motion: TrackMotion;
  /** Side of each lane's counting line on which the track was last clearly seen, by lane. */
  readonly sides: Readonly<Record<string, Side>>;
  /** A track is one vehicle and makes at most one passage. */
  readonly counted: boolean;
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
    const viewed: ViewedTrack = { motion, sides: before?.sides ?? {}, counted: before?.counted ?? false };
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
  const clearPx = CLEAR_OF_LINE * viewed.motion.boxHeightPx;
  const sides: Record<string, Side> = { ...viewed.sides };
  let crossing: { lane: CameraLaneDefinition; side: Side; offCentre: number } | null = null;
  for (const lane of camera.lanes) {
    const { beyond, along } = relativeTo(seen.foot, lane.countLine, lane.direction);
    if (Math.abs(beyond) < clearPx) continue;
    const side: Side = beyond > 0 ? 'beyond' : 'before';
    const was = sides[lane.lane];
    sides[lane.lane] = side;
    if (was === undefined || was === side) continue;
    const offCentre = Math.abs(along - 0.5);
    if (offCentre > 0.5 + BESIDE_LINE) continue;
    if (crossing === null || offCentre < crossing.offCentre) crossing = { lane, side, offCentre };
  }
  const moved = { ...viewed, sides };
  if (crossing === null || viewed.counted || !isMotorVehicle(viewed.motion)) {
    return { viewed: moved, passage: null };
  }
  const direction = crossing.side === 'beyond' ? 'forward' : 'reverse';
  return {
    viewed: { ...moved, counted: true },
    passage: cameraPassage(camera, viewed.motion, { lane: crossing.lane.lane, direction, atMs: seen.atMs }),
  };
}

function cameraPassage(
  camera: CameraDefinition,
  motion: TrackMotion,
  crossing: { readonly lane: string; readonly direction: 'forward' | 'reverse'; readonly atMs: number },
): CompletedPassage {
  const speedKmh = movementOf(motion, SPEED_WINDOW_MS)?.speedKmh ?? null;
  return {
    lane: crossing.lane,
    source: 'camera',
    sensor: camera.camera,
    direction: crossing.direction,
    frontMs: crossing.atMs,
    rearMs: null,
    completedMs: crossing.atMs,
    onTimeMs: null,
    speedKmh,
    speedMethod: speedKmh === null ? null : 'camera',
    speedUncertaintyPct: null,
    lengthM: null,
    lengthClass: null,
    class: motion.class,
    counterOnly: false,
  };
}
