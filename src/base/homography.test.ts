import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RoadsideError } from './errors.ts';
import { estimateHomography, type Point, type PointPair, projectPoint } from './homography.ts';

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

function pixelOf({ heightM, tiltDeg, focalPx }: Pole, [x, y]: Point): Point {
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
  return marks.map((m) => ({ px: pixelOf(pole, m), m }));
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
        const { matrix, rmsErrorM } = estimateHomography(pairsOf(pole));
        expect(rmsErrorM).toBeLessThan(1e-6);
        expect(distance(projectPoint(matrix, pixelOf(pole, place)), place)).toBeLessThan(1e-4);
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
          const { matrix } = estimateHomography(order.flatMap((index) => pairs[index] ?? []));
          const found = projectPoint(matrix, pixelOf(pole, [1, 25]));
          expect(distance(found, [1 + shift, 25 - shift])).toBeLessThan(1e-4);
        },
      ),
    );
  });

  test('averages the error of more than four marks and tells it', () => {
    const pole = { heightM: 7, tiltDeg: 20, focalPx: 1400 };
    const marks: readonly Point[] = [...MARKS, [0, 20], [0, 30], [-3.5, 25], [3.5, 25]];
    const measured = pairsOf(pole, marks).map(
      ({ px, m }, index): PointPair => ({ px, m: [m[0] + (index % 2 === 0 ? 0.1 : -0.1), m[1]] }),
    );
    const fit = estimateHomography(measured);
    expect(fit.rmsErrorM).toBeGreaterThan(0.03);
    expect(fit.rmsErrorM).toBeLessThan(0.12);
    expect(distance(projectPoint(fit.matrix, pixelOf(pole, [0, 24])), [0, 24])).toBeLessThan(0.15);
  });

  test('one mistyped mark among six stands out', () => {
    const pole = { heightM: 7, tiltDeg: 20, focalPx: 1400 };
    const good = pairsOf(pole, [...MARKS, [0, 18], [0, 30]]);
    const mistyped = good.map((pair, index): PointPair => (index === 5 ? { ...pair, m: [3, 30] } : pair));
    expect(estimateHomography(good).rmsErrorM).toBeLessThan(1e-6);
    expect(estimateHomography(mistyped).rmsErrorM).toBeGreaterThan(0.3);
  });

  test('sees nothing at the horizon nor above it', () => {
    const pole = { heightM: 7, tiltDeg: 20, focalPx: 1400 };
    const { matrix } = estimateHomography(pairsOf(pole));
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
