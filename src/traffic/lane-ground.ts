import { type Homography, projectPoint } from '../base/homography.ts';
import { dot, lengthOf, type Segment, subtract } from './geometry.ts';
import type { CameraLaneDefinition, PointPx } from './site-definition.ts';

/** A place or a direction on the road, metres. */
export type PointM = readonly [number, number];

/** The middle of a line across the lane. */
export function middleOf([a, b]: Segment): PointPx {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** The unit vector on the road that points in the lane's direction; null when the lane is drawn off the plane. */
export function wayOnGround(
  lane: Pick<CameraLaneDefinition, 'direction'>,
  matrix: Homography,
): PointM | null {
  const [from, to] = lane.direction.map((px) => projectPoint(matrix, px));
  if (!from || !to) return null;
  const way = subtract(to, from);
  const length = lengthOf(way);
  return length === 0 ? null : [way[0] / length, way[1] / length];
}

/** How far a place on the road lies in a direction, metres from the origin of the plan. */
export function alongM(place: PointM, way: PointM): number {
  return dot(place, way);
}

/**
 * Where the foot of a vehicle's box is between its rear (0) and its front (1): the lowest point of one that
 * comes towards the camera is its front, of one that goes away its rear, of one that goes across its middle.
 */
export function footShare({ direction: [from, to] }: Pick<CameraLaneDefinition, 'direction'>): number {
  const way = subtract(to, from);
  return (1 + way[1] / (lengthOf(way) || 1)) / 2;
}
