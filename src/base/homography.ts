import { RoadsideError } from './errors.ts';

export type Point = readonly [number, number];

/** Row-major 3×3. The denominator of `projectPoint` is positive on the side of the horizon where the road is. */
export type Homography = readonly number[];

/** The same place in the picture (pixels) and on the road (metres). */
export interface PointPair {
  readonly px: Point;
  readonly m: Point;
}

const UNKNOWNS = 8;
/**
 * Smallest pivot of the normalised equations, as a share of the greatest, and smallest determinant of the
 * normalised matrix: below, a pixel more or less moves the result by the length of the scene.
 */
const MIN_PIVOT_SHARE = 1e-6;
const MIN_DETERMINANT = 1e-6;
/** Beyond this share of the denominator at the calibration points' centre a point is as good as the horizon. */
const HORIZON_SHARE = 0.01;

/**
 * The plane-to-plane mapping from picture to road through four or more point pairs, least squares in
 * normalised coordinates (Hartley & Zisserman 2004, algorithm 4.2). The last element may be fixed to 1: the
 * centre of points that all lie on the road is never on the horizon.
 *
 * @throws RoadsideError `config-invalid` when the pairs do not determine a mapping
 */
export function estimateHomography(pairs: readonly PointPair[]): Homography {
  if (pairs.length < 4) throw degenerate(`${pairs.length} point pairs, at least 4 are needed`);
  if (pairs.some(({ px, m }) => ![...px, ...m].every(Number.isFinite))) {
    throw degenerate('a coordinate is not a number');
  }
  const from = normalisationOf(pairs.map((pair) => pair.px));
  const to = normalisationOf(pairs.map((pair) => pair.m));
  const equations = pairs.flatMap(({ px, m }) =>
    equationsOf(applyNormalisation(from, px), applyNormalisation(to, m)),
  );
  const solution = [...solveLeastSquares(equations), 1];
  if (Math.abs(determinantOf(solution)) < MIN_DETERMINANT) {
    throw degenerate('three of the points lie on one line');
  }
  const matrix = denormalise(solution, { from, to });
  if (pairs.some(({ px }) => denominatorAt(matrix, px) <= 0)) {
    throw degenerate('the points fit only with a horizon between them');
  }
  return matrix;
}

/**
 * The mapping the other way, from road to picture. Its denominator is positive for all that lies before the
 * camera, because the product of the two is (Hartley & Zisserman 2004, section 2.3).
 */
export function invertHomography(homography: Homography): Homography {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = homography;
  const determinant = determinantOf(homography);
  return [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ].map((cofactor) => cofactor / determinant);
}

/** Where a place on the road appears, in pixels; null for one that lies behind the camera. */
export function pixelOf(roadToPicture: Homography, place: Point): Point | null {
  return denominatorAt(roadToPicture, place) > 0 ? divide(roadToPicture, place) : null;
}

/**
 * Where a picture point lies on the road, in metres.
 *
 * @returns null at or above the horizon, where a pixel is no place on the road
 */
export function projectPoint(homography: Homography, pixel: Point): Point | null {
  return denominatorAt(homography, pixel) > HORIZON_SHARE ? divide(homography, pixel) : null;
}

/** Shift to the centre, then scale: (x − centreX)·scale. */
interface Normalisation {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

function normalisationOf(points: readonly Point[]): Normalisation {
  const x = points.reduce((sum, point) => sum + point[0], 0) / points.length;
  const y = points.reduce((sum, point) => sum + point[1], 0) / points.length;
  const spread =
    points.reduce((sum, point) => sum + Math.hypot(point[0] - x, point[1] - y), 0) / points.length;
  if (!(spread > 0)) throw degenerate('all points are one point');
  return { x, y, scale: Math.SQRT2 / spread };
}

function applyNormalisation({ x, y, scale }: Normalisation, point: Point): Point {
  return [(point[0] - x) * scale, (point[1] - y) * scale];
}

/** Two rows of eight coefficients and a right-hand side: u and v of one pair with h33 = 1. */
function equationsOf([x, y]: Point, [u, v]: Point): readonly (readonly number[])[] {
  return [
    [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
    [0, 0, 0, x, y, 1, -v * x, -v * y, v],
  ];
}

/** Normal equations by Gauss elimination with row pivots: eight unknowns of order one. */
function solveLeastSquares(equations: readonly (readonly number[])[]): readonly number[] {
  const rows = Array.from({ length: UNKNOWNS }, (_, i) =>
    Array.from({ length: UNKNOWNS + 1 }, (_, j) =>
      equations.reduce((sum, equation) => sum + (equation[i] ?? 0) * (equation[j] ?? 0), 0),
    ),
  );
  let greatest = 0;
  for (let column = 0; column < UNKNOWNS; column += 1) {
    const rest = rows.slice(column);
    const pivot = rest.reduce((best, row) =>
      Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best,
    );
    const size = Math.abs(pivot[column] ?? 0);
    greatest = Math.max(greatest, size);
    if (size <= MIN_PIVOT_SHARE * greatest) throw degenerate('too many of the points lie on one line');
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(column, 0, pivot);
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1);
      for (let j = column; j <= UNKNOWNS; j += 1) row[j] = (row[j] ?? 0) - factor * (pivot[j] ?? 0);
    }
  }
  return rows.map((row, i) => (row[UNKNOWNS] ?? 0) / (row[i] ?? 1));
}

/** inverse(to) · solution · from, scaled so that the denominator is 1 at the centre of the pixels. */
function denormalise(
  solution: readonly number[],
  { from, to }: { readonly from: Normalisation; readonly to: Normalisation },
): Homography {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = solution;
  const columns = (p: number, q: number, r: number): readonly [number, number, number] => [
    p * from.scale,
    q * from.scale,
    r - (p * from.x + q * from.y) * from.scale,
  ];
  const bottom = columns(g, h, 1);
  const top = columns(a, b, c).map((value, i) => value / to.scale + to.x * (bottom[i] ?? 0));
  const middle = columns(d, e, f).map((value, i) => value / to.scale + to.y * (bottom[i] ?? 0));
  return [...top, ...middle, ...bottom];
}

function denominatorAt(homography: Homography, [x, y]: Point): number {
  const [, , , , , , g = 0, h = 0, i = 0] = homography;
  return g * x + h * y + i;
}

function divide(homography: Homography, [x, y]: Point): Point {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = homography;
  const w = denominatorAt(homography, [x, y]);
  return [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
}

function determinantOf(matrix: readonly number[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = matrix;
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

function degenerate(problem: string): RoadsideError {
  return new RoadsideError('config-invalid', `the points do not determine the road plane: ${problem}`, {
    hint: 'Take four or more points spread over the road like the corners of a box, no three on one line.',
  });
}
