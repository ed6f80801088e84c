import { kmhFromMs, MS_PER_S } from '../../base/units.ts';
import { lengthOf } from '../geometry.ts';
import type { TrackPoint, VehicleClass } from '../observations/observation.ts';
import type { PointPx } from '../site-definition.ts';

/** How much of a track's past is kept, ms: enough for a steady speed, short enough to notice a stop. */
const KEPT_MS = 2000;
/** A speed needs points over at least this long. */
const MIN_SPAN_MS = 400;
/** Box heights per second below which an uncalibrated camera calls a vehicle standing. */
const STANDING_BOX_HEIGHTS_PER_S = 0.08;

/** People run at 15 km/h or 2.5 of their heights in a second, seldom for longer than a second. */
const RIDING_WINDOW_MS = 1000;
const RIDING_KMH = 18;
const RIDING_HEIGHTS_PER_S = 2.5;

export interface Sample {
  readonly atMs: number;
  readonly foot: PointPx;
  readonly groundM: readonly [number, number] | null;
  readonly box: TrackPoint['box'];
}

/** What is remembered of one road user in one camera's picture. */
export interface TrackMotion {
  readonly track: number;
  readonly class: VehicleClass;
  /** A person that was once faster than people run. */
  readonly rides: boolean;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly boxHeightPx: number;
  /** Newest last; positions that a picture really showed. */
  readonly samples: readonly Sample[];
}

/** Folds the newest picture of a track into what is remembered of it. Predicted positions carry no evidence. */
export function foldTrack(motion: TrackMotion | null, point: TrackPoint, atMs: number): TrackMotion {
  const kept = motion?.samples.filter((sample) => atMs - sample.atMs <= KEPT_MS) ?? [];
  const sample: Sample = { atMs, foot: point.foot, groundM: point.groundM, box: point.box };
  const moved: TrackMotion = {
    track: point.track,
    class: point.class,
    rides: motion?.rides ?? false,
    firstMs: motion?.firstMs ?? atMs,
    lastMs: atMs,
    boxHeightPx: point.box[3] - point.box[1],
    samples: point.coasting ? kept : [...kept, sample],
  };
  if (point.class !== 'person') return moved;
  const rides = moved.rides || isFasterThanOnFoot(moved);
  return rides ? { ...moved, rides, class: 'motorcycle' } : moved;
}

/** A detector often sees the rider and not what he rides. */
function isFasterThanOnFoot(motion: TrackMotion): boolean {
  const movement = movementOf(motion, RIDING_WINDOW_MS);
  if (movement === null) return false;
  if (movement.speedKmh !== null) return movement.speedKmh > RIDING_KMH;
  const heights = lengthOf(movement.px) / Math.max(1, motion.boxHeightPx);
  return (heights / movement.spanMs) * MS_PER_S > RIDING_HEIGHTS_PER_S;
}

/** Movement over the remembered past, in pixels, and its speed on the ground when the camera is calibrated. */
export interface Movement {
  readonly spanMs: number;
  readonly px: PointPx;
  readonly speedKmh: number | null;
}

/**
 * Least-squares movement over the remembered past, so that one jumping box does not make a speed.
 * Speed is that of the foot on the ground plane, km/h; null when the camera is not calibrated.
 */
export function movementOf(motion: TrackMotion, windowMs = KEPT_MS): Movement | null {
  return movementIn(motion.samples.filter((sample) => motion.lastMs - sample.atMs <= windowMs));
}

/**
 * The remembered past in two halves, or null while it is too short. What both halves show is a movement; a
 * track that jumps from one road user to another shows it in one of them at most.
 */
export function halvesOf(motion: TrackMotion): readonly [Movement, Movement] | null {
  const first = motion.samples[0];
  if (first === undefined) return null;
  const middleMs = (first.atMs + motion.lastMs) / 2;
  const earlier = movementIn(motion.samples.filter(({ atMs }) => atMs <= middleMs));
  const later = movementIn(motion.samples.filter(({ atMs }) => atMs >= middleMs));
  return earlier === null || later === null ? null : [earlier, later];
}

function movementIn(samples: readonly Sample[]): Movement | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  const spanMs = last.atMs - first.atMs;
  if (spanMs < MIN_SPAN_MS) return null;
  const px: PointPx = [
    slope(samples, (sample) => sample.foot[0]) * spanMs,
    slope(samples, (sample) => sample.foot[1]) * spanMs,
  ];
  const onGround = samples.every((sample) => sample.groundM !== null);
  if (!onGround) return { spanMs, px, speedKmh: null };
  const metresPerMs = Math.hypot(
    slope(samples, (sample) => sample.groundM?.[0] ?? 0),
    slope(samples, (sample) => sample.groundM?.[1] ?? 0),
  );
  return { spanMs, px, speedKmh: kmhFromMs(metresPerMs * MS_PER_S) };
}

/** True when the road user stands: slower than the limit on the ground, or its box hardly moves. */
export function isStanding(motion: TrackMotion, movement: Movement, belowKmh: number): boolean {
  if (movement.speedKmh !== null) return movement.speedKmh < belowKmh;
  const heights = lengthOf(movement.px) / Math.max(1, motion.boxHeightPx);
  return (heights / movement.spanMs) * MS_PER_S < STANDING_BOX_HEIGHTS_PER_S;
}

/** Newest position that a picture showed. */
export function lastSeen(motion: TrackMotion): Sample | null {
  return motion.samples.at(-1) ?? null;
}

/** Least-squares slope of a value over time, per ms. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const n = samples.length;
  const meanT = samples.reduce((sum, sample) => sum + sample.atMs, 0) / n;
  const meanV = samples.reduce((sum, sample) => sum + of(sample), 0) / n;
  let covariance = 0;
  let variance = 0;
  for (const sample of samples) {
    covariance += (sample.atMs - meanT) * (of(sample) - meanV);
    variance += (sample.atMs - meanT) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}
