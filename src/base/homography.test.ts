import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RoadsideError } from './errors.ts';
import {
  estimateHomography,
  invertHomography,
  type Point,
  type PointPair,
  pixelOf,
  projectPoint,
} from './homography.ts';

/**
 * A camera above the road: height and tilt as on poles and gantries, principal point in the middle of 1920 × 1080.
 * Ground: x to the right, y away from the camera, metres.
 */
interface Pole {
  readonly heightM: number;
  readonly tiltDeg: number;
  readonly focalPx: number;
}

const poles = fc.record({
  heightM: fc.double({ min: 4, max: 15, noNaN: true }),
  tiltDeg: fc.double({ min: 8, max: 50, noNaN: true }),
  focalPx: fc.double({ min: 900, max: 4000, noNaN: true }),
});

function pixelOfPlace({ heightM, tiltDeg, focalPx }: Pole, [x, y]: Point): Point {
  const tilt = (tiltDeg * Math.PI) / 180;
  const depth = y * Math.cos(tilt) + heightM * Math.sin(tilt);
  const below = -y * Math.sin(tilt) + heightM * Math.cos(tilt);
  return [960 + (focalPx * x) / depth, 540 + (focalPx * below) / depth];
}

const MARKS: readonly Point[] = [
  [-3.5, 12],
  [3.5, 12],
  [3.5, 40],
  [-3.5, 40],
];

function pairsOf(pole: Pole, marks: readonly Point[] = MARKS): readonly PointPair[] {
  return marks.map((m) => ({ px: pixelOfPlace(pole, m), m }));
}

function distance(a: Point | null, b: Point): number {
  return a === null ? Number.POSITIVE_INFINITY : Math.hypot(a[0] - b[0], a[1] - b[1]);
}

describe('a calibrated camera', () => {
  test('finds any place on the road from four marks, whatever the pole', () => {
    const places = fc.tuple(
      fc.double({ min: -10, max: 10, noNaN: true }),
      fc.double({ min: 8, max: 80, noNaN: true }),
    );
    fc.assert(
      fc.property(poles, places, (pole, place) => {
        const matrix = estimateHomography(pairsOf(pole));
        expect(distance(projectPoint(matrix, pixelOfPlace(pole, place)), place)).toBeLessThan(1e-4);
      }),
    );
  });

  test('does not care where the metres start nor in which order the marks are given', () => {
    const pole = { heightM: 7, tiltDeg: 20, focalPx: 1400 };
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.integer({ min: -5000, max: 5000 }),
        (order, shift) => {
          const pairs = pairsOf(pole).map(
            ({ px, m }): PointPair => ({ px, m: [m[0] + shift, m[1] - shift] }),
          );
          const matrix = estimateHomography(order.flatMap((index) => pairs[index] ?? []));
          const found = projectPoint(matrix, pixelOfPlace(pole, [1, 25]));
          expect(distance(found, [1 + shift, 25 - shift])).toBeLessThan(1e-4);
        },
      ),
    );
  });

  test('is turned round: a place on the road is found in the picture again', () => {
    fc.assert(
      fc.property(poles, fc.double({ min: 8, max: 80, noNaN: true }), (pole, y) => {
        const back = invertHomography(estimateHomography(pairsOf(pole)));
        expect(distance(pixelOf(back, [1, y]), pixelOfPlace(pole, [1, y]))).toBeLessThan(1e-3);
      }),
    );
  });

  test('sees nothing at the horizon nor above it', () => {
    const pole = { heightM: 7, tiltDeg: 20, focalPx: 1400 };
    const matrix = estimateHomography(pairsOf(pole));
    const horizonY = 540 - 1400 * Math.tan((20 * Math.PI) / 180);
    expect(projectPoint(matrix, [960, horizonY + 100])).not.toBeNull();
    expect(projectPoint(matrix, [960, horizonY])).toBeNull();
    expect(projectPoint(matrix, [960, horizonY - 200])).toBeNull();
  });
});

describe('points that do not determine a road plane are refused', () => {
  const square: readonly PointPair[] = [
    { px: [0, 0], m: [0, 0] },
    { px: [100, 0], m: [10, 0] },
    { px: [100, 100], m: [10, 10] },
    { px: [0, 100], m: [0, 10] },
  ];
  const replace = (index: number, pair: Partial<PointPair>): readonly PointPair[] =>
    square.map((own, at) => (at === index ? { ...own, ...pair } : own));
  const table: readonly (readonly [string, readonly PointPair[]])[] = [
    ['three points', square.slice(0, 3)],
    ['a point given twice', replace(3, { px: [0, 0], m: [0, 0] })],
    ['all points the same', square.map(() => ({ px: [5, 5], m: [1, 1] }))],
    ['three on one line', replace(2, { px: [200, 0], m: [20, 0] })],
    ['three on one line in the picture only', replace(2, { px: [200, 0] })],
    ['three on one line on the road only', replace(2, { m: [20, 0] })],
    [
      'two that changed places',
      replace(2, { m: [0, 10] }).map((pair, i) => (i === 3 ? { ...pair, m: [10, 10] } : pair)),
    ],
    ['a coordinate that is no number', replace(2, { px: [Number.NaN, 0] })],
  ];
  test('but not a plain square', () => {
    expect(() => estimateHomography(square)).not.toThrow();
  });
  test.each(table)('%s', (_, pairs) => {
    expect(() => estimateHomography(pairs)).toThrow(RoadsideError);
  });
});
