import { type Homography, projectPoint } from '../../base/homography.ts';
import { type RoadPlane, spreadOf } from '../../base/road-plane.ts';
import { kmhFromMs, MS_PER_S } from '../../base/units.ts';
import type { PointM } from '../lane-ground.ts';
import type { PointPx } from '../site-definition.ts';

/** No speed is published whose bound is wider than this share of it, percent. */
export const MAX_SPEED_UNCERTAINTY_PCT = 20;
/**
 * How much the lower edge of a box jumps from picture to picture (standard deviation): a share of the box's
 * height, and never less than this. Three quarters of the tracks of the simulated clip jump less (docs/calibration.md).
 */
export const FOOT_JITTER_SHARE = 0.03;
export const FOOT_JITTER_PX = 0.7;
/** Boxes of neighbouring pictures err together; so far apart they err on their own, ms. */
const INDEPENDENT_AFTER_MS = 200;
/** How much faster or slower a vehicle may get between the pictures and the line (half width), m/s². */
const ACCELERATION_MS2 = 1.5;
/** Pictures are stamped when they arrive: network and decoder shift them by so much (standard deviation), ms. */
const STAMP_JITTER_MS = 15;
/**
 * A box ends at the lowest part that is seen, which may be 0.2 m above the road; from a camera 6 m up that
 * lengthens distances by 0.2 / 6 (intercept theorem). Percent, half width.
 */
const ABOVE_ROAD_PCT = 3;
/** Fewer pictures than this make no speed: their scatter is unknown. */
const MIN_PICTURES = 4;

export interface SpeedSample {
  readonly atMs: number;
  readonly foot: PointPx;
}

export interface GroundSpeed {
  readonly speedKmh: number;
  /** Half width of the interval that holds the true speed in 95 of 100 cases, percent of it. */
  readonly uncertaintyPct: number;
  /** Unit vector of the movement on the road. */
  readonly way: PointM;
}

export interface MeasuredFoot {
  readonly plane: RoadPlane;
  readonly boxHeightPx: number;
  /** The moment for which the speed is wanted: when it was over the line. */
  readonly atMs: number;
}

/**
 * The speed of a foot that moves over the road, from all its pictures by least squares, and what its jitter,
 * the stamps, the calibration at this place, the height of what was seen and a change of speed leave open.
 *
 * @returns null where the plane does not reach, or too few pictures were seen
 */
export function groundSpeed(samples: readonly SpeedSample[], of: MeasuredFoot): GroundSpeed | null {
  if (samples.length < MIN_PICTURES) return null;
  const motion = fitMotion(samples, of.plane.matrix);
  const calibrated = spreadOf(of.plane, (matrix) => fitMotion(samples, matrix)?.speed ?? null);
  if (motion === null || calibrated === null || motion.speed === 0) return null;
  const scattered = slopeError(samples, motion, of);
  const change = (ACCELERATION_MS2 * Math.abs(of.atMs - motion.meanMs)) / MS_PER_S;
  const error = Math.hypot(scattered, calibrated.standardError);
  return {
    speedKmh: kmhFromMs(motion.speed),
    uncertaintyPct: Math.hypot((200 * error) / motion.speed, (100 * change) / motion.speed, ABOVE_ROAD_PCT),
    way: wayOf(motion),
  };
}

/** The same where it may be published: null as well when the uncertainty exceeds the limit. */
export function publishedSpeed(...of: Parameters<typeof groundSpeed>): GroundSpeed | null {
  const speed = groundSpeed(...of);
  return speed !== null && speed.uncertaintyPct <= MAX_SPEED_UNCERTAINTY_PCT ? speed : null;
}

/** Steady motion over the road: m/s, and the places it is fitted to. */
interface GroundMotion {
  readonly speed: number;
  /** The moment to which the speed belongs. */
  readonly meanMs: number;
  readonly velocity: PointM;
  readonly places: readonly PointM[];
  /** (t − mean) / Σ(t − mean)², per s: what one place adds to the slope. */
  readonly weights: readonly number[];
}

function wayOf({ speed, velocity }: Pick<GroundMotion, 'speed' | 'velocity'>): PointM {
  return [velocity[0] / speed, velocity[1] / speed];
}

function fitMotion(samples: readonly SpeedSample[], matrix: Homography): GroundMotion | null {
  const places = samples.flatMap(({ foot }) => {
    const place = projectPoint(matrix, foot);
    return place === null ? [] : [place];
  });
  if (places.length < samples.length) return null;
  const meanMs = samples.reduce((sum, { atMs }) => sum + atMs, 0) / samples.length;
  const times = samples.map(({ atMs }) => (atMs - meanMs) / MS_PER_S);
  const squares = times.reduce((sum, time) => sum + time * time, 0);
  if (squares === 0) return null;
  const weights = times.map((time) => time / squares);
  const slope = (axis: 0 | 1): number =>
    places.reduce((sum, place, i) => sum + (weights[i] ?? 0) * place[axis], 0);
  const velocity = [slope(0), slope(1)] as const;
  return { speed: Math.hypot(...velocity), meanMs, velocity, places, weights };
}

/** Standard error of the speed, m/s, from what single places err: as expected, or as seen where that is more. */
function slopeError(
  samples: readonly SpeedSample[],
  { speed, velocity, places, weights }: GroundMotion,
  { plane, boxHeightPx }: MeasuredFoot,
): number {
  const jitterPx = Math.max(FOOT_JITTER_PX, FOOT_JITTER_SHARE * boxHeightPx);
  const stampM = (speed * STAMP_JITTER_MS) / MS_PER_S;
  const way = wayOf({ speed, velocity });
  const expected = samples.map(({ foot }) =>
    Math.hypot(jitterPx * metresPerPx(plane.matrix, foot, way), stampM),
  );
  const seen = scatter(samples, { velocity, places }, way);
  const known = Math.sqrt(expected.reduce((sum, error) => sum + error * error, 0) / expected.length);
  const widened = known > 0 ? Math.max(1, seen / known) : 1;
  const [first, last] = [samples[0], samples.at(-1)];
  const stepMs = ((last?.atMs ?? 0) - (first?.atMs ?? 0)) / Math.max(1, samples.length - 1);
  const together = Math.max(1, INDEPENDENT_AFTER_MS / stepMs);
  const variance = expected.reduce((sum, error, i) => sum + ((weights[i] ?? 0) * error * widened) ** 2, 0);
  return Math.sqrt(variance * together);
}

/** How far the places lie from the steady motion, along it, m (n − 2 degrees of freedom). */
function scatter(
  samples: readonly SpeedSample[],
  { velocity, places }: Pick<GroundMotion, 'velocity' | 'places'>,
  way: PointM,
): number {
  const rest = places.map(([x, y], i) => {
    const timeS = (samples[i]?.atMs ?? 0) / MS_PER_S;
    return (x - velocity[0] * timeS) * way[0] + (y - velocity[1] * timeS) * way[1];
  });
  const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length;
  const squares = rest.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, rest.length - 2));
}

/** How far a pixel moves a place on the road, in one direction there; the pixel errs in x and y alike. */
export function metresPerPx(matrix: Homography, [x, y]: PointPx, way: PointM): number {
  const at = projectPoint(matrix, [x, y]);
  const right = projectPoint(matrix, [x + 1, y]);
  const below = projectPoint(matrix, [x, y + 1]);
  if (at === null || right === null || below === null) return Number.POSITIVE_INFINITY;
  const moved = ([u, v]: PointM): number => (u - at[0]) * way[0] + (v - at[1]) * way[1];
  return Math.hypot(moved(right), moved(below));
}
