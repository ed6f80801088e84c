import { RoadsideError } from './errors.ts';
import {
  estimateHomography,
  type Homography,
  type Point,
  type PointPair,
  projectPoint,
} from './homography.ts';

/** A triangle lower than this share of its longest side is as good as a line. */
const FLAT_SHARE = 0.04;

/** What is wrong with marks that determine no plane, in words that name the marks (from 1), and what to do about it. */
export interface MarkMistake {
  readonly problem: string;
  readonly hint: string;
}

export const SPREAD_MARKS =
  'Take marks farther apart, spread over the road like the corners of a box, and measure them anew.';

/** Null when it is unknown what is wrong. */
export function mistakeIn(marks: readonly PointPair[]): MarkMistake | null {
  const swapped = swappedMarks(marks);
  if (swapped !== null) {
    const problem = `marks ${swapped.join(' and ')} seem to have changed places`;
    return { problem, hint: 'Exchange px or m of the two, not both; px and m of a mark are the same place.' };
  }
  if (marks.length !== 4) return null;
  const inMetres = flatTriple(marks.map(({ m }) => m));
  if (inMetres !== null) return onOneLine(inMetres, 'on the road');
  const inPicture = flatTriple(marks.map(({ px }) => px));
  return inPicture === null ? null : onOneLine(inPicture, 'in the picture');
}

function onOneLine(triple: readonly number[], where: string): MarkMistake {
  return { problem: `marks ${listed(triple)} lie almost on one line ${where}`, hint: SPREAD_MARKS };
}

/**
 * True when the plan in metres is a mirror image of the road as the camera above it sees it: left and right
 * were mixed up, or one axis counts the wrong way.
 */
export function isMirrored(marks: readonly PointPair[], matrix: Homography): boolean {
  const [first, second, third] = marks.map(({ px }) => px);
  if (first === undefined || second === undefined || third === undefined) return false;
  const [u, v, w] = [first, second, third].map((px) => projectPoint(matrix, px));
  if (!(u && v && w)) return false;
  // Pixels count downwards, a plan counts upwards: what turns left in one turns right in the other.
  return turnOf(first, second, third) * turnOf(u, v, w) > 0;
}

/** The two marks whose places have to be exchanged for a plane to fit; null when that does not help. */
function swappedMarks(marks: readonly PointPair[]): readonly [number, number] | null {
  if (fits(marks)) return null;
  for (const [i, a] of marks.entries()) {
    for (const [j, b] of marks.entries()) {
      if (j <= i) continue;
      const exchanged = marks.with(i, { px: a.px, m: b.m }).with(j, { px: b.px, m: a.m });
      if (fits(exchanged)) return [i + 1, j + 1];
    }
  }
  return null;
}

function fits(marks: readonly PointPair[]): boolean {
  try {
    return !isMirrored(marks, estimateHomography(marks));
  } catch (error) {
    if (error instanceof RoadsideError) return false;
    throw error;
  }
}

function flatTriple(points: readonly Point[]): readonly number[] | null {
  for (const omitted of points.keys()) {
    const kept = [...points.keys()].filter((index) => index !== omitted);
    const [a, b, c] = kept.map((index) => points[index]);
    if (a === undefined || b === undefined || c === undefined) continue;
    const longest = Math.max(distance(a, b), distance(b, c), distance(a, c));
    if (Math.abs(turnOf(a, b, c)) <= FLAT_SHARE * longest * longest) return kept.map((index) => index + 1);
  }
  return null;
}

/** Twice the signed area of a triangle. */
function turnOf(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function listed(numbers: readonly number[]): string {
  return `${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1) ?? ''}`;
}
