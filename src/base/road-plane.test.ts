import { describe, expect, test } from 'vitest';
import { cameraOn, drawPole, type Pole } from '../../test/fakes/pole.ts';
import { type Point, type PointPair, projectPoint } from './homography.ts';
import { isMirrored } from './mark-mistakes.ts';
import { calibrateRoad, spreadOf } from './road-plane.ts';

const EXACT = { marksAccuracyM: 0.02 };
const POLE: Pole = { heightM: 7, tiltDeg: 20, focalPx: 1400 };
const FOUR: readonly Point[] = [
  [-3.5, 12],
  [3.5, 12],
  [3.5, 40],
  [-3.5, 40],
];
const EIGHT: readonly Point[] = [...FOUR, [0, 20], [0, 30], [-3.5, 25], [3.5, 25]];

function marksOf(pole: Pole, places: readonly Point[]): readonly PointPair[] {
  return places.map((m) => ({ px: cameraOn(pole).pixelOf(m), m }));
}

function shifted(marks: readonly PointPair[], index: number, byM: Point): readonly PointPair[] {
  return marks.map((mark, i) =>
    i === index ? { ...mark, m: [mark.m[0] + byM[0], mark.m[1] + byM[1]] } : mark,
  );
}

describe('the error that marks leave', () => {
  test('is nothing for exact marks, in pixels and in metres', () => {
    const { rmsPx, rmsM, marks } = calibrateRoad(marksOf(POLE, EIGHT), EXACT);
    expect(rmsPx).toBeLessThan(1e-6);
    expect(rmsM).toBeLessThan(1e-6);
    expect(Math.max(...marks.map(({ leftOut }) => leftOut?.errorM ?? 9))).toBeLessThan(1e-6);
  });

  test('of one that was typed wrongly is gone when that one is left out', () => {
    const { marks, rmsM } = calibrateRoad(shifted(marksOf(POLE, EIGHT), 5, [3, 0]), EXACT);
    const othersRmsM = marks.map(({ leftOut }) => leftOut?.othersRmsM ?? 9);
    expect(rmsM).toBeGreaterThan(0.3);
    expect(othersRmsM.indexOf(Math.min(...othersRmsM))).toBe(5);
    expect(marks[5]?.leftOut?.errorM).toBeCloseTo(3, 3);
  });

  test('of four marks cannot be known: no mark is left out', () => {
    const { marks, rmsM } = calibrateRoad(shifted(marksOf(POLE, FOUR), 2, [1, 0]), EXACT);
    expect(marks.every(({ leftOut }) => leftOut === null)).toBe(true);
    expect(rmsM).toBeLessThan(1e-6);
  });
});

describe('the spread', () => {
  const along = (marks: readonly PointPair[], marksAccuracyM: number): number => {
    const at = [cameraOn(POLE).pixelOf([0, 20]), cameraOn(POLE).pixelOf([0, 30])] as const;
    const { plane } = calibrateRoad(marks, { marksAccuracyM });
    const doubt = spreadOf(plane, (matrix) => {
      const [a, b] = at.map((px) => projectPoint(matrix, px));
      return a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : null;
    });
    expect(doubt?.value).toBeCloseTo(10, 0);
    return doubt?.standardError ?? Number.NaN;
  };

  test('is wider for marks that are measured less well', () => {
    const marks = marksOf(POLE, FOUR);
    expect(along(marks, 1) / along(marks, 0.05)).toBeGreaterThan(3);
  });

  test('is narrower for more marks', () => {
    expect(along(marksOf(POLE, EIGHT), 0.1)).toBeLessThan(along(marksOf(POLE, FOUR), 0.1));
  });

  test('grows when marks contradict each other more than their accuracy explains', () => {
    const marks = marksOf(POLE, EIGHT);
    expect(along(shifted(marks, 4, [0.5, 0]), 0.05)).toBeGreaterThan(2 * along(marks, 0.05));
  });

  test('holds the true place in at least 95 of 100 cases, whatever the pole, and not a wrong one', () => {
    const runs = { total: 0, held: 0, heldWrong: 0 };
    for (let seed = 1; seed <= 600; seed += 1) {
      const { pole, normal } = drawPole(seed);
      const marksAccuracyM = 0.1;
      const marks = marksOf(pole, EIGHT.slice(0, 4 + (seed % 5))).map(
        ({ px, m }): PointPair => ({
          px: [px[0] + normal(), px[1] + normal()],
          m: [m[0] + (normal() * marksAccuracyM) / 2, m[1] + (normal() * marksAccuracyM) / 2],
        }),
      );
      const { plane } = calibrateRoad(marks, { marksAccuracyM });
      const at = cameraOn(pole).pixelOf([0, 26]);
      const y = spreadOf(plane, (matrix) => projectPoint(matrix, at)?.[1] ?? null);
      if (y === null) continue;
      runs.total += 1;
      if (Math.abs(y.value - 26) <= 2 * y.standardError) runs.held += 1;
      if (Math.abs(y.value * 1.1 - 26) <= 2 * y.standardError) runs.heldWrong += 1;
    }
    expect(runs.total).toBeGreaterThan(540);
    expect(runs.held / runs.total).toBeGreaterThanOrEqual(0.95);
    expect(runs.heldWrong / runs.total).toBeLessThan(0.2);
  });
});

describe('marks that cannot be used', () => {
  test('lie almost on one line, three of four: they are named', () => {
    const places: readonly Point[] = [
      [0, 12],
      [3.5, 20],
      [0.1, 20],
      [0, 30],
    ];
    expect(() => calibrateRoad(marksOf(POLE, places), { marksAccuracyM: 0.1 })).toThrow(
      'marks 1, 3 and 4 lie almost on one line on the road',
    );
    expect(() => calibrateRoad(marksOf(POLE, FOUR), { marksAccuracyM: 0.1 })).not.toThrow();
  });

  test('have changed places, two of them: they are named', () => {
    const marks = marksOf(POLE, [...FOUR.slice(0, 2), [-3.5, 40], [3.5, 40]]);
    const swapped = marks.map(({ px }, index): PointPair => ({ px, m: FOUR[index] ?? [0, 0] }));
    expect(() => calibrateRoad(swapped, { marksAccuracyM: 0.1 })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('marks 3 and 4 seem to have changed'),
        hint: expect.stringContaining('Exchange'),
      }),
    );
  });

  test('are too close together for the tape they were measured with', () => {
    const close = marksOf(
      POLE,
      FOUR.map(([x, y]): Point => [x / 20, 20 + y / 20]),
    );
    expect(() => calibrateRoad(close, { marksAccuracyM: 1 })).toThrow('too close together');
  });

  test('are seen in a mirror when the sides were mixed up', () => {
    const marks = marksOf(POLE, EIGHT);
    const mirrored = marks.map(({ px, m }): PointPair => ({ px, m: [-m[0], m[1]] }));
    expect(isMirrored(marks, calibrateRoad(marks, EXACT).plane.matrix)).toBe(false);
    expect(isMirrored(mirrored, calibrateRoad(mirrored, EXACT).plane.matrix)).toBe(true);
  });
});
