import { MS_PER_S } from '../../base/units.ts';
import { dot, lengthOf, subtract } from '../geometry.ts';
import type { Sample, TrackMotion } from '../passages/track-motion.ts';
import type { PointPx } from '../site-definition.ts';

/*
 * Lengths in box heights: a vehicle's height in the picture is its own measure of distance. No vehicle is lower
 * than LOWEST_VEHICLE_M, so what the bounds call impossible is.
 */
const LOWEST_VEHICLE_M = 1.5;
/** The best that tyres hold on a dry road, rounded up to 1 g, m/s². */
const HARDEST_BRAKING_MS2 = 10;

/** A steady way is one that this long a past shows, … */
const STEADY_MS = 700;
const STEADY_SPAN_MS = 300;
const STEADY_SAMPLES = 4;
/** … with its places this close to a straight line, root mean square. */
const STEADY_HEIGHTS = 0.12;
/** A detector's box settles elsewhere on the same vehicle by this much. */
const BOX_PLAY_HEIGHTS = 0.3;
/** Slower vehicles stop within the play, in box heights per second. */
const STOPPING_PACE = 2;

/** What rests farther back or aside has not been stopped: it has turned, or been thrown. */
const STRAYED_HEIGHTS = 1.5;

/** A vehicle turns by less than a right angle in this stretch: narrowly it is slow, fast it would slide. */
const TURNING_FROM_MS = 200;
const TURNING_TO_MS = 1000;
/** Below this the way that a box goes is the detector's. */
const TURNING_HEIGHTS_PER_S = 1;

/** What rests stays this close to one place for so long, root mean square. */
const REST_MS = 1200;
const REST_SAMPLES = 5;
const REST_HEIGHTS = 0.1;

/** How a road user went at a moment, by the places of some time before. Pixels and seconds. */
export interface Way {
  readonly track: number;
  readonly atMs: number;
  readonly foot: PointPx;
  /** The same on the road, metres; null where the camera is not calibrated. */
  readonly groundM: PointPx | null;
  /** Per second. */
  readonly velocity: PointPx;
  readonly heightPx: number;
  /** At the end of the way, in box heights per second: less than on the whole when it brakes. */
  readonly lastPace: number;
  /** Metres on the road for each pixel along the way; null where the camera is not calibrated. */
  readonly metresPerPx: number | null;
}

/** The steady way that a track has just gone, or null when its boxes jump or its past is too short. */
export function steadyWayOf(motion: TrackMotion): Way | null {
  const way = wayThrough(
    motion,
    motion.samples.filter(({ atMs }) => motion.lastMs - atMs <= STEADY_MS),
  );
  return way !== null && way.offHeights <= STEADY_HEIGHTS ? way : null;
}

/** Box heights per second. */
export function paceOf({ velocity, heightPx }: Way): number {
  return lengthOf(velocity) / heightPx;
}

/** How fast two road users come together, in heights of the lower box per second. */
export function closingOf(a: Way, b: Way): number {
  const apart = subtract(b.foot, a.foot);
  const closing = dot(subtract(a.velocity, b.velocity), apart) / Math.max(1, lengthOf(apart));
  return closing / Math.min(a.heightPx, b.heightPx);
}

/** The place in which a track has rested at least REST_MS, or null. */
export function restOf(motion: TrackMotion, nowMs: number): PointPx | null {
  const samples = motion.samples.filter(({ atMs }) => nowMs - atMs <= REST_MS);
  const first = motion.samples[0];
  if (first === undefined || nowMs - first.atMs < REST_MS || samples.length < REST_SAMPLES) return null;
  const mean: PointPx = [meanOf(samples, ({ foot }) => foot[0]), meanOf(samples, ({ foot }) => foot[1])];
  const off = Math.sqrt(meanOf(samples, ({ foot }) => lengthOf(subtract(foot, mean)) ** 2));
  return off <= REST_HEIGHTS * motion.boxHeightPx ? mean : null;
}

/** Whether a vehicle that came this way rests sooner than brakes could have stopped it: v²/2a, less the box's play. */
export function stopsShort(way: Way, rest: PointPx): boolean {
  const { heightPx, metresPerPx, velocity } = way;
  const heightM = metresPerPx === null ? LOWEST_VEHICLE_M : metresPerPx * heightPx;
  const pace = Math.min(paceOf(way), way.lastPace);
  const least = (pace ** 2 * heightM) / (2 * HARDEST_BRAKING_MS2);
  const moved = subtract(rest, way.foot);
  const along = dot(moved, velocity) / Math.max(1, lengthOf(velocity)) / heightPx;
  const strayed = Math.sqrt(Math.max(0, (lengthOf(moved) / heightPx) ** 2 - Math.max(0, along) ** 2));
  return pace >= STOPPING_PACE && strayed <= STRAYED_HEIGHTS && along < least - BOX_PLAY_HEIGHTS;
}

/**
 * Whether a vehicle on four wheels has been turned by more than a right angle within a second (two wheels can do
 * that); null while it is too early to say.
 */
export function isThrownAbout(way: Way, motion: TrackMotion): boolean | null {
  if (motion.lastMs - way.atMs < TURNING_TO_MS) return null;
  if (motion.class === 'motorcycle' || motion.class === 'bicycle') return false;
  const since = ({ atMs }: Sample): boolean =>
    atMs - way.atMs >= TURNING_FROM_MS && atMs - way.atMs <= TURNING_TO_MS;
  const after = wayThrough(motion, motion.samples.filter(since));
  if (after === null) return false;
  const slowest = TURNING_HEIGHTS_PER_S * way.heightPx;
  if (lengthOf(after.velocity) < slowest || lengthOf(way.velocity) < slowest) return false;
  return dot(after.velocity, way.velocity) < 0;
}

function wayThrough(
  motion: TrackMotion,
  samples: readonly Sample[],
): (Way & { readonly offHeights: number }) | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < STEADY_SAMPLES) return null;
  if (last.atMs - first.atMs < STEADY_SPAN_MS) return null;
  const x = lineThrough(samples, ({ foot }) => foot[0]);
  const y = lineThrough(samples, ({ foot }) => foot[1]);
  const heightPx = Math.max(1, motion.boxHeightPx);
  const px = lengthOf(subtract(last.foot, first.foot));
  const onGround = first.groundM !== null && last.groundM !== null && px > 0;
  const velocity: PointPx = [x.perMs * MS_PER_S, y.perMs * MS_PER_S];
  return {
    track: motion.track,
    atMs: last.atMs,
    foot: [x.atEnd, y.atEnd],
    groundM: last.groundM,
    velocity,
    heightPx,
    lastPace: lastSpeedOf(samples, velocity) / heightPx,
    metresPerPx: onGround ? lengthOf(subtract(last.groundM, first.groundM)) / px : null,
    offHeights: Math.sqrt((x.squares + y.squares) / samples.length) / heightPx,
  };
}

/** Speed along a way at its end, pixels per second: that of its second half, changed on as since the first. */
function lastSpeedOf(samples: readonly Sample[], velocity: PointPx): number {
  const middle = Math.floor(samples.length / 2);
  const [earlier, later] = [samples.slice(0, middle + 1), samples.slice(middle)].map((half) => {
    const x = lineThrough(half, ({ foot }) => foot[0]).perMs;
    const y = lineThrough(half, ({ foot }) => foot[1]).perMs;
    return (dot([x, y], velocity) / Math.max(1, lengthOf(velocity))) * MS_PER_S;
  }) as [number, number];
  return Math.max(0, later + (later - earlier) / 2);
}

/** Least squares. `squares`: sum of the squared distances from the line. */
function lineThrough(
  samples: readonly Sample[],
  of: (sample: Sample) => number,
): { readonly perMs: number; readonly atEnd: number; readonly squares: number } {
  const meanT = meanOf(samples, ({ atMs }) => atMs);
  const meanV = meanOf(samples, of);
  let covariance = 0;
  let variance = 0;
  for (const sample of samples) {
    covariance += (sample.atMs - meanT) * (of(sample) - meanV);
    variance += (sample.atMs - meanT) ** 2;
  }
  const perMs = variance === 0 ? 0 : covariance / variance;
  const at = (ms: number): number => meanV + perMs * (ms - meanT);
  const squares = samples.reduce((sum, sample) => sum + (of(sample) - at(sample.atMs)) ** 2, 0);
  return { perMs, atEnd: at(samples.at(-1)?.atMs ?? meanT), squares };
}

function meanOf(samples: readonly Sample[], of: (sample: Sample) => number): number {
  return samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
}
