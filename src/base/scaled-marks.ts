import { type Homography, invertHomography, type Point, type PointPair } from './homography.ts';

/** Marks around the origin and of the size of one, so that the equations of their plane are well conditioned. */
export interface ScaledMarks {
  readonly pairs: readonly PointPair[];
  readonly px: Scaling;
  readonly m: Scaling;
}

/** (value − centre) / size. */
export interface Scaling {
  readonly centre: Point;
  readonly size: number;
}

export function scaledMarks(marks: readonly PointPair[]): ScaledMarks {
  const px = scalingOf(marks.map((mark) => mark.px));
  const m = scalingOf(marks.map((mark) => mark.m));
  return { px, m, pairs: marks.map((mark) => ({ px: scale(px, mark.px), m: scale(m, mark.m) })) };
}

export function scalingOf(points: readonly Point[]): Scaling {
  const mean = (axis: 0 | 1): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const centre: Point = [mean(0), mean(1)];
  return { centre, size: rootMeanSquare(points.map((point) => distance(point, centre))) || 1 };
}

function scale({ centre, size }: Scaling, [x, y]: Point): Point {
  return [(x - centre[0]) / size, (y - centre[1]) / size];
}

/** The mapping from pixels to metres of a scaled mapping from road to picture. */
export function unscaled(roadToPicture: Homography, { px, m }: ScaledMarks): Homography {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = invertHomography(roadToPicture);
  const columns = (p: number, q: number, r: number): readonly number[] => [
    p / px.size,
    q / px.size,
    r - (p * px.centre[0] + q * px.centre[1]) / px.size,
  ];
  const bottom = columns(g, h, i);
  const top = columns(a, b, c).map((value, k) => value * m.size + m.centre[0] * (bottom[k] ?? 0));
  const middle = columns(d, e, f).map((value, k) => value * m.size + m.centre[1] * (bottom[k] ?? 0));
  const atCentre = (bottom[0] ?? 0) * px.centre[0] + (bottom[1] ?? 0) * px.centre[1] + (bottom[2] ?? 0);
  return [...top, ...middle, ...bottom].map((value) => value / atCentre);
}

/** Infinite where there is no place. */
export function distance(a: Point | null, b: Point): number {
  return a === null ? Number.POSITIVE_INFINITY : Math.hypot(a[0] - b[0], a[1] - b[1]);
}

export function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
