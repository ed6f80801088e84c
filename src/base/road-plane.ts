import { choleskyOf, solveCholesky, solveTransposed, type Triangle } from './cholesky.ts';
import { RoadsideError } from './errors.ts';
import {
  estimateHomography,
  type Homography,
  invertHomography,
  type Point,
  type PointPair,
  pixelOf,
  projectPoint,
} from './homography.ts';
import { type MarkMistake, mistakeIn, SPREAD_MARKS } from './mark-mistakes.ts';
import {
  distance,
  rootMeanSquare,
  type ScaledMarks,
  scaledMarks,
  scalingOf,
  unscaled,
} from './scaled-marks.ts';

/** A camera's view of the road plane, and how well it is known. */
export interface RoadPlane {
  /** From picture pixels to metres on the road. */
  readonly matrix: Homography;
  /**
   * The same, moved by one standard error in each of the independent ways in which the marks leave it open. So
   * the standard error of any figure is the root of the squares of what it differs by (`spreadOf`).
   */
  readonly spread: readonly Homography[];
}

export interface RoadCalibration {
  readonly plane: RoadPlane;
  /** In the order given. */
  readonly marks: readonly MarkError[];
  /** Root mean square over the marks; zero for four, which always fit. */
  readonly rmsPx: number;
  readonly rmsM: number;
}

export interface MarkError {
  readonly errorPx: number;
  readonly errorM: number;
  /** Without this mark: how far it lies from where the others put it, and how well those agree, m. */
  readonly leftOut: { readonly errorM: number; readonly othersRmsM: number } | null;
}

/** Half width of what one coordinate of a mark may be off (two standard errors). */
export interface MarkAccuracy {
  readonly marksAccuracyM: number;
}

/** A mark is clicked on within so many pixels (two standard errors). */
const CLICK_ACCURACY_PX = 2;
/** Steps of the refinement; each makes the rest smaller by orders of magnitude. */
const REFINEMENTS = 5;
const UNKNOWNS = 8;
/** More doubt between two marks than this share of the extent of all, and the plane is not known. */
const MAX_DOUBT_SHARE = 0.15;
/** Marks that are so many times farther off than their accuracy contain a mistake. */
const CONTRADICTION = 3;

/**
 * The road plane of four or more marks: least squares over how far each mark is from where the plane puts it,
 * weighted by how well its pixel and its metres are known (Hartley & Zisserman 2004, sections 4.2 and 5.2).
 * Where marks contradict each other more than their accuracy explains, the spread grows with it; four marks
 * cannot contradict each other, so there it rests on their accuracy alone.
 *
 * @throws RoadsideError `config-invalid` when the marks do not determine a plane
 */
export function calibrateRoad(marks: readonly PointPair[], accuracy: MarkAccuracy): RoadCalibration {
  const { plane, excess } = planeOf(marks, accuracy);
  const back = invertHomography(plane.matrix);
  const errors = marks.map((mark, index): MarkError => {
    const [foundM, foundPx] = [projectPoint(plane.matrix, mark.px), pixelOf(back, mark.m)];
    return {
      errorPx: distance(foundPx, mark.px),
      errorM: distance(foundM, mark.m),
      leftOut: leftOutError(marks, index, accuracy),
    };
  });
  refuseDoubtful({ plane, excess }, marks);
  return {
    plane,
    marks: errors,
    rmsPx: rootMeanSquare(errors.map(({ errorPx }) => errorPx)),
    rmsM: rootMeanSquare(errors.map(({ errorM }) => errorM)),
  };
}

/**
 * The standard error that the calibration leaves in a figure, in the figure's unit.
 *
 * @returns null where the figure cannot be had, or would be lost by one standard error of calibration
 */
export function spreadOf(
  plane: RoadPlane,
  figureOf: (matrix: Homography) => number | null,
): { readonly value: number; readonly standardError: number } | null {
  const value = figureOf(plane.matrix);
  if (value === null) return null;
  let squares = 0;
  for (const moved of plane.spread) {
    const other = figureOf(moved);
    if (other === null) return null;
    squares += (other - value) ** 2;
  }
  return { value, standardError: Math.sqrt(squares) };
}

function planeOf(marks: readonly PointPair[], accuracy: MarkAccuracy): FittedPlane {
  try {
    return fitPlane(marks, accuracy);
  } catch (error) {
    const mistake = error instanceof RoadsideError ? mistakeIn(marks) : null;
    throw mistake === null ? error : doubtful(mistake);
  }
}

interface FittedPlane {
  readonly plane: RoadPlane;
  /** How much more the marks contradict each other than their accuracy explains; 1 where they do not. */
  readonly excess: number;
}

function fitPlane(marks: readonly PointPair[], accuracy: MarkAccuracy): FittedPlane {
  const scaled = scaledMarks(marks);
  let solution = normalised(invertHomography(estimateHomography(scaled.pairs)));
  const weights = scaled.pairs.map(({ m }) => whitening(solution, m, { accuracy, scaled }));
  let normal = normalEquations(scaled.pairs, solution, weights);
  let lower = choleskyOf(normal.matrix);
  for (let step = 0; step < REFINEMENTS && lower !== null; step += 1) {
    const moved = solveCholesky(lower, normal.right);
    const next = [...solution.slice(0, UNKNOWNS).map((value, i) => value + (moved[i] ?? 0)), 1];
    const nextNormal = normalEquations(scaled.pairs, next, weights);
    // Marks that contradict each other may send a step astray.
    if (!(nextNormal.squares < normal.squares)) break;
    [solution, normal, lower] = [next, nextNormal, choleskyOf(nextNormal.matrix)];
  }
  if (lower === null) throw doubtful({ problem: 'they contradict each other', hint: SPREAD_MARKS });
  const freedom = 2 * marks.length - UNKNOWNS;
  const excess = freedom > 0 ? Math.max(1, Math.sqrt(normal.squares / freedom)) : 1;
  const spread = directionsOf(lower).map((direction) =>
    unscaled([...direction.map((part, i) => (solution[i] ?? 0) + excess * part), 1], scaled),
  );
  return { plane: { matrix: unscaled(solution, scaled), spread }, excess };
}

/** One standard error in each independent direction: the columns of L⁻ᵀ, since (L·Lᵀ)⁻¹ = L⁻ᵀ·L⁻¹. */
function directionsOf(lower: Triangle): readonly (readonly number[])[] {
  return lower.map((_, column) =>
    solveTransposed(
      lower,
      lower.map((__, row) => (row === column ? 1 : 0)),
    ),
  );
}

function normalised(matrix: Homography): Homography {
  return matrix.map((value) => value / (matrix[8] ?? 1));
}

/** The upper triangle [a, b, 0, c] that turns a mark's pixel errors into independent ones of size one. */
type Whitening = readonly [number, number, number];

function whitening(
  solution: Homography,
  m: Point,
  of: { readonly accuracy: MarkAccuracy; readonly scaled: ScaledMarks },
): Whitening {
  const clickPx = CLICK_ACCURACY_PX / 2 / of.scaled.px.size;
  const metre = of.accuracy.marksAccuracyM / 2 / of.scaled.m.size;
  const [ux, uy, vx, vy] = jacobianAt(solution, m);
  const varianceU = clickPx ** 2 + metre ** 2 * (ux * ux + uy * uy);
  const varianceV = clickPx ** 2 + metre ** 2 * (vx * vx + vy * vy);
  const covariance = metre ** 2 * (ux * vx + uy * vy);
  // Inverse of the lower Cholesky factor of [[varianceU, covariance], [covariance, varianceV]].
  const p = Math.sqrt(varianceU);
  const q = covariance / p;
  const r = Math.sqrt(varianceV - q * q);
  return [1 / p, -q / (p * r), 1 / r];
}

function jacobianAt([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0]: Homography, [x, y]: Point) {
  const w = g * x + h * y + 1;
  const [u, v] = [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
  return [(a - u * g) / w, (b - u * h) / w, (d - v * g) / w, (e - v * h) / w] as const;
}

interface NormalEquations {
  readonly matrix: readonly (readonly number[])[];
  readonly right: readonly number[];
  /** Sum of the squared errors, in standard errors. */
  readonly squares: number;
}

function normalEquations(
  pairs: readonly PointPair[],
  solution: Homography,
  weights: readonly Whitening[],
): NormalEquations {
  const rows = pairs.flatMap((pair, index) => equationsOf(pair, solution, weights[index] ?? [1, 0, 1]));
  const unknowns = Array.from({ length: UNKNOWNS }, (_, i) => i);
  const sum = (of: (row: readonly number[]) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  return {
    matrix: unknowns.map((i) => unknowns.map((j) => sum((row) => (row[i] ?? 0) * (row[j] ?? 0)))),
    right: unknowns.map((i) => sum((row) => (row[i] ?? 0) * (row[UNKNOWNS] ?? 0))),
    squares: sum((row) => (row[UNKNOWNS] ?? 0) ** 2),
  };
}

/** Two whitened rows of the derivative by the eight unknowns, and what is left of the mark's pixel. */
function equationsOf(
  { px, m: [x, y] }: PointPair,
  [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0]: Homography,
  [first, mixed, second]: Whitening,
): readonly (readonly number[])[] {
  const w = g * x + h * y + 1;
  const [u, v] = [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
  const rowU = [x / w, y / w, 1 / w, 0, 0, 0, (-u * x) / w, (-u * y) / w, px[0] - u];
  const rowV = [0, 0, 0, x / w, y / w, 1 / w, (-v * x) / w, (-v * y) / w, px[1] - v];
  return [
    rowU.map((value) => first * value),
    rowU.map((value, i) => mixed * value + second * (rowV[i] ?? 0)),
  ];
}

/** Null where the others are too few to say anything, or do not determine the plane. */
function leftOutError(
  marks: readonly PointPair[],
  index: number,
  accuracy: MarkAccuracy,
): MarkError['leftOut'] {
  const mark = marks[index];
  if (mark === undefined || marks.length < 5) return null;
  const others = marks.toSpliced(index, 1);
  try {
    const { matrix } = fitPlane(others, accuracy).plane;
    const errorOf = ({ px, m }: PointPair): number => distance(projectPoint(matrix, px), m);
    return { errorM: errorOf(mark), othersRmsM: rootMeanSquare(others.map(errorOf)) };
  } catch (error) {
    if (error instanceof RoadsideError) return null;
    throw error;
  }
}

/**
 * Between any two marks the plane has to be known: there vehicles are measured. Marks that contradict each other
 * are another matter, of which their errors tell.
 */
function refuseDoubtful({ plane, excess }: FittedPlane, marks: readonly PointPair[]): void {
  if (excess > CONTRADICTION) return;
  const extentM = scalingOf(marks.map((mark) => mark.m)).size;
  const doubtsM = marks.flatMap(({ px: a }, index) =>
    marks.slice(index + 1).flatMap(({ px: b }) => {
      const middle: Point = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      const axes = [0, 1] as const;
      return axes.map((axis) => {
        const doubt = spreadOf(plane, (matrix) => projectPoint(matrix, middle)?.[axis] ?? null);
        return doubt?.standardError ?? Number.POSITIVE_INFINITY;
      });
    }),
  );
  if (doubtsM.every((doubtM) => doubtM <= MAX_DOUBT_SHARE * extentM)) return;
  const tooClose = 'they are too close together for how well they are measured';
  throw doubtful(mistakeIn(marks) ?? { problem: tooClose, hint: SPREAD_MARKS });
}

function doubtful({ problem, hint }: MarkMistake): RoadsideError {
  return new RoadsideError('config-invalid', `the marks do not determine the road plane: ${problem}`, {
    hint,
  });
}
