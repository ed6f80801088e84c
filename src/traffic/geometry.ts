import type { PointPx } from './site-definition.ts';

export type Segment = readonly [PointPx, PointPx];

/** Even-odd rule; points on the border may count either way. */
export function isInside(point: PointPx, polygon: readonly PointPx[]): boolean {
  const [x, y] = point;
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const a = polygon[i];
    const b = polygon[j];
    if (a === undefined || b === undefined) continue;
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
  }
  return inside;
}

export function subtract(a: PointPx, b: PointPx): PointPx {
  return [a[0] - b[0], a[1] - b[1]];
}

export function dot(a: PointPx, b: PointPx): number {
  return a[0] * b[0] + a[1] * b[1];
}

export function lengthOf(a: PointPx): number {
  return Math.hypot(a[0], a[1]);
}

/** A line across a lane, made ready for asking where many points lie relative to it. */
export interface CrossLine {
  readonly from: PointPx;
  readonly span: PointPx;
  readonly length: number;
  /** Unit vector past the line, in the lane's direction or against it by `sign`. */
  readonly normal: PointPx;
  readonly sign: 1 | -1;
}

export function crossLineOf(line: Segment, direction: Segment): CrossLine {
  const span = subtract(line[1], line[0]);
  const length = lengthOf(span) || 1;
  const normal: PointPx = [-span[1] / length, span[0] / length];
  const way = subtract(direction[1], direction[0]);
  return { from: line[0], span, length, normal, sign: dot(normal, way) >= 0 ? 1 : -1 };
}

/**
 * Where a point lies relative to a line across a lane.
 *
 * @returns `beyond`: distance past the line in the lane's direction, in pixels (negative: before it);
 *   `along`: position along the segment, 0 at its first end and 1 at its second
 */
export function relativeTo(point: PointPx, line: CrossLine): { beyond: number; along: number } {
  const from = subtract(point, line.from);
  const { sign, normal, span, length } = line;
  return { beyond: sign * dot(from, normal), along: dot(from, span) / (length * length) };
}
