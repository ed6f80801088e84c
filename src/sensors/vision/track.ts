import type { VehicleClass } from '../../traffic/observations/observation.ts';
import { areaOf, type Box, containmentOf } from './box.ts';
import type { Detection } from './detections.ts';
import { correctMotion, type Motion, predictMotion, startMotion } from './motion.ts';

/*
 * Deviations in box heights: a vehicle's height in the picture is its own measure of distance. Rates per
 * second. Traffic that comes at the camera speeds up in the picture, so the acceleration is generous.
 */
const BOX_DEVIATION = 0.06;
/** Weak detections are drawn worse. */
const WEAK_BOX_FACTOR = 2;
const START_RATE_DEVIATION = 6;
const ACCELERATION_DEVIATION = 6;
/** A standing vehicle's box jitters with the detector; the vehicle does not. */
const STANDING_ACCELERATION_DEVIATION = 0.3;
const SIZE_RATE_DEVIATION = 1;
const SIZE_ACCELERATION_DEVIATION = 1;

/** A foot that stays this close (in box heights) to one place … */
const STANDING_REACH = 0.3;
/** … for this long stands. */
export const STANDING_AFTER_MS = 2000;

/** A box that is smaller than a standing vehicle's by more than boxes jitter … */
const PART_AREA_SHARE = 0.7;
/** … and lies within it by this share is a part of it, … */
const PART_CONTAINMENT = 0.5;
/** … until nothing else has been seen of it for so long: then the whole was drawn too large. */
const LONGEST_PART_MS = 1000;

/** Weight of the newest detection in a track's clarity; a standing vehicle may be half hidden for ten seconds. */
const FADING = 0.1;
const STANDING_FADING = 0.02;

/** Pictures that show what a person rides are fewer than those that show the rider; walkers have next to none. */
const RIDDEN_SHARE = 0.2;

/** A road user over several pictures, as the tracker holds it between two of them. */
export interface TrackState {
  /** 0 until it is confirmed. */
  readonly track: number;
  readonly footX: Motion;
  readonly footY: Motion;
  readonly width: Motion;
  readonly height: Motion;
  readonly score: number;
  readonly begunAtMs: number;
  /** How often a detection was strong enough to begin a track by itself. */
  readonly strongHits: number;
  /** Share of strong ones among the latest detections, 0 to 1. */
  readonly clarity: number;
  readonly votes: Readonly<Partial<Record<VehicleClass, number>>>;
  readonly seenAtMs: number;
  /** When a picture last showed more of it than a part. */
  readonly wholeAtMs: number;
  /** The place that the foot has not left since `anchoredAtMs`. */
  readonly anchor: readonly [number, number];
  readonly anchoredAtMs: number;
}

export function startTrack(detection: Detection, atMs: number): TrackState {
  const { x, y, width, height } = shapeOf(detection.box);
  const size = { value: BOX_DEVIATION * height, rate: SIZE_RATE_DEVIATION * height };
  const foot = { value: BOX_DEVIATION * height, rate: START_RATE_DEVIATION * height };
  return {
    track: 0,
    footX: startMotion(x, foot),
    footY: startMotion(y, foot),
    width: startMotion(width, size),
    height: startMotion(height, size),
    score: detection.score,
    begunAtMs: atMs,
    strongHits: 1,
    clarity: 1,
    votes: { [detection.class]: detection.score },
    seenAtMs: atMs,
    wholeAtMs: atMs,
    anchor: [x, y],
    anchoredAtMs: atMs,
  };
}

/** Where the road user is expected `seconds` later. Unseen ones keep their size, standing ones their place. */
export function predictTrack(
  track: TrackState,
  step: { readonly seconds: number; readonly seen: boolean; readonly standing: boolean },
): TrackState {
  if (step.standing && !step.seen) return track;
  const height = track.height.value;
  const acceleration = step.standing ? STANDING_ACCELERATION_DEVIATION : ACCELERATION_DEVIATION;
  const foot = { seconds: step.seconds, deviation: acceleration * height };
  const size = { seconds: step.seconds, deviation: SIZE_ACCELERATION_DEVIATION * height };
  return {
    ...track,
    footX: predictMotion(track.footX, foot),
    footY: predictMotion(track.footY, foot),
    width: step.seen ? predictMotion(track.width, size) : track.width,
    height: step.seen ? predictMotion(track.height, size) : track.height,
  };
}

export function correctTrack(
  track: TrackState,
  seen: { readonly detection: Detection; readonly atMs: number; readonly weak: boolean },
): TrackState {
  const { detection, atMs } = seen;
  const part = atMs - track.wholeAtMs <= LONGEST_PART_MS && isPartOfStanding(track, detection.box);
  const { x, y, width, height } = shapeOf(part ? boxOf(track) : detection.box);
  const deviation = BOX_DEVIATION * height * (seen.weak ? WEAK_BOX_FACTOR : 1);
  const footX = correctMotion(track.footX, { value: x, deviation });
  const footY = correctMotion(track.footY, { value: y, deviation });
  const moved = Math.hypot(footX.value - track.anchor[0], footY.value - track.anchor[1]);
  const stays = moved <= STANDING_REACH * height;
  const fading = isStanding(track) ? STANDING_FADING : FADING;
  return {
    ...track,
    footX,
    footY,
    width: correctMotion(track.width, { value: width, deviation }),
    height: correctMotion(track.height, { value: height, deviation }),
    score: detection.score,
    strongHits: track.strongHits + (seen.weak ? 0 : 1),
    clarity: track.clarity + fading * ((seen.weak ? 0 : 1) - track.clarity),
    votes: { ...track.votes, [detection.class]: (track.votes[detection.class] ?? 0) + detection.score },
    seenAtMs: atMs,
    wholeAtMs: part ? track.wholeAtMs : atMs,
    anchor: stays ? track.anchor : [footX.value, footY.value],
    anchoredAtMs: stays ? track.anchoredAtMs : atMs,
  };
}

/**
 * What stands keeps its size. By night a detector draws the cabin above the lamps and the whole car by turns, and by
 * day half of a car behind another: such a box says that the vehicle is there, and not where it ends.
 */
export function isPartOfStanding(track: TrackState, box: Box): boolean {
  if (!isStanding(track)) return false;
  const whole = boxOf(track);
  return areaOf(box) < PART_AREA_SHARE * areaOf(whole) && containmentOf(whole, box) > PART_CONTAINMENT;
}

export function boxOf(track: TrackState): Box {
  const { footX, footY, width, height } = track;
  const half = width.value / 2;
  return [footX.value - half, footY.value - height.value, footX.value + half, footY.value];
}

/** How far the foot may be from where it is expected: one standard deviation, in pixels. */
export function uncertaintyOf(track: TrackState): number {
  return Math.sqrt(Math.max(track.footX.valueVariance, track.footY.valueVariance));
}

/** True when the road user had not moved for STANDING_AFTER_MS at the time that it was last seen. */
export function isStanding(track: TrackState): boolean {
  return track.seenAtMs - track.anchoredAtMs >= STANDING_AFTER_MS;
}

/** The class with the greatest sum of scores; `unknown` only when no picture told more. */
export function classOf(track: TrackState): VehicleClass {
  const best = mostVoted(track);
  const { person = 0, motorcycle = 0, bicycle = 0 } = track.votes;
  if (best !== 'person' || Math.max(motorcycle, bicycle) < RIDDEN_SHARE * person) return best;
  return motorcycle >= bicycle ? 'motorcycle' : 'bicycle';
}

function mostVoted(track: TrackState): VehicleClass {
  let best: VehicleClass = 'unknown';
  let most = 0;
  for (const [name, votes] of Object.entries(track.votes)) {
    if (name === 'unknown' || votes <= most) continue;
    best = name as VehicleClass;
    most = votes;
  }
  return best;
}

function shapeOf(box: Box): { x: number; y: number; width: number; height: number } {
  return { x: (box[0] + box[2]) / 2, y: box[3], width: box[2] - box[0], height: box[3] - box[1] };
}
