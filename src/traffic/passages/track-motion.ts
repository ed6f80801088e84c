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
  /** Over all samples; null while they span too little time. */
  readonly movement: Movement | null;
}

/** Folds the newest picture of a track into what is remembered of it. Predicted positions carry no evidence. */
export function foldTrack(motion: TrackMotion | null, point: TrackPoint, atMs: number): TrackMotion {
  const { foot, groundM, box } = point;
  const kept = motion?.samples.filter((sample) => atMs - sample.atMs <= KEPT_MS) ?? [];
  if (!point.coasting) kept.push({ atMs, foot, groundM, box });
  const moved: TrackMotion = {
    track: point.track,
    class: point.class,
    rides: motion?.rides ?? false,
    firstMs: motion?.firstMs ?? atMs,
    lastMs: atMs,
    boxHeightPx: box[3] - box[1],
    samples: kept,
    movement: movementIn(kept),
  };
  if (point.class !== 'person') return moved;
  const rides = moved.rides || isFasterThanOnFoot(moved);
  return rides ? { ...moved, rides, class: 'motorcycle' } : moved;
}

/** A detector often sees the rider and not what he rides. */
function isFasterThanOnFoot(motion: TrackMotion): boolean {
  const movement = movementIn(motion.samples.filter(({ atMs }) => motion.lastMs - atMs <= RIDING_WINDOW_MS));
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
 * How the foot moved in the two halves of the remembered past, in pixels, or null while it is too short. What both
 * halves show is a movement; a track that jumps from one road user to another shows it in one of them at most.
 */
export function halvesOf({ samples, lastMs }: TrackMotion): readonly [PointPx, PointPx] | null {
  const first = samples[0];
  if (first === undefined) return null;
  const middleMs = (first.atMs + lastMs) / 2;
  const earlier = movedIn(samples.filter(({ atMs }) => atMs <= middleMs));
  const later = movedIn(samples.filter(({ atMs }) => atMs >= middleMs));
  return earlier === null || later === null ? null : [earlier.px, later.px];
}

/** Speed is that of the foot on the ground plane, km/h; null when the camera is not calibrated. */
function movementIn(samples: readonly Sample[]): Movement | null {
  const moved = movedIn(samples);
  if (moved === null) return null;
  const { spanMs, px, times } = moved;
  if (samples.some(({ groundM }) => groundM === null)) return { spanMs, px, speedKmh: null };
  const m = slopeOf(samples, times, ({ groundM }) => groundM ?? [0, 0]);
  return { spanMs, px, speedKmh: kmhFromMs(Math.hypot(m[0], m[1]) * MS_PER_S) };
}

/** Least-squares movement, so that one jumping box does not make a speed. */
function movedIn(
  samples: readonly Sample[],
): (Omit<Movement, 'speedKmh'> & { readonly times: Times }) | null {
  const spanMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
  if (spanMs < MIN_SPAN_MS) return null;
  const times = timesOf(samples);
  const [x, y] = slopeOf(samples, times, ({ foot }) => foot);
  return { spanMs, px: [x * spanMs, y * spanMs], times };
}

/** True when the road user stands: slower than the limit on the ground, or its box hardly moves. */
export function isStanding(motion: TrackMotion, movement: Movement, belowKmh: number): boolean {
  if (movement.speedKmh !== null) return movement.speedKmh < belowKmh;
  const heights = lengthOf(movement.px) / Math.max(1, motion.boxHeightPx);
  return (heights / movement.spanMs) * MS_PER_S < STANDING_BOX_HEIGHTS_PER_S;
}

/**
 * A way in the picture in lengths of the vehicle's own box: of its width across the picture, which shows a vehicle's
 * length there, and of its height up and down.
 */
export function inBoxes({ samples, boxHeightPx }: TrackMotion, [x, y]: PointPx): number {
  const [left, , right] = samples.at(-1)?.box ?? [0, 0, 0, 0];
  return Math.hypot(x / Math.max(1, right - left), y / Math.max(1, boxHeightPx));
}

/** Newest position that a picture showed. */
export function lastSeen(motion: TrackMotion): Sample | null {
  return motion.samples.at(-1) ?? null;
}

interface Times {
  readonly meanMs: number;
  /** Sum of the squared distances from the mean. */
  readonly squares: number;
}

function timesOf(samples: readonly Sample[]): Times {
  let sum = 0;
  for (const { atMs } of samples) sum += atMs;
  const meanMs = sum / samples.length;
  let squares = 0;
  for (const { atMs } of samples) squares += (atMs - meanMs) ** 2;
  return { meanMs, squares };
}

/** Least-squares slope of a place over time, per ms. */
function slopeOf(
  samples: readonly Sample[],
  { meanMs, squares }: Times,
  placeOf: (sample: Sample) => PointPx,
): PointPx {
  let [sumX, sumY] = [0, 0];
  for (const sample of samples) {
    const place = placeOf(sample);
    sumX += place[0];
    sumY += place[1];
  }
  const [meanX, meanY] = [sumX / samples.length, sumY / samples.length];
  let [withX, withY] = [0, 0];
  for (const sample of samples) {
    const place = placeOf(sample);
    withX += (sample.atMs - meanMs) * (place[0] - meanX);
    withY += (sample.atMs - meanMs) * (place[1] - meanY);
  }
  return squares === 0 ? [0, 0] : [withX / squares, withY / squares];
}
