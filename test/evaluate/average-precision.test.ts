import { expect, test } from 'vitest';
import { averagePrecision, type DrawnBox, type ScoredBox } from './average-precision.ts';

const drawn = (x: number, ignore = false): DrawnBox => ({ picture: 'a', box: [x, 0, x + 10, 10], ignore });
const found = (x: number, score: number): ScoredBox => ({ picture: 'a', box: [x, 0, x + 10, 10], score });

test('every object found and nothing else is 1', () => {
  expect(averagePrecision([drawn(0), drawn(50)], [found(0, 0.9), found(51, 0.5)]).ap50).toBe(1);
});

test('an error above the second object halves what the second adds', () => {
  const figures = averagePrecision([drawn(0), drawn(50)], [found(0, 0.9), found(100, 0.7), found(50, 0.5)]);
  // recall 1/2 at precision 1, then 1 at 2/3
  expect(figures.ap50).toBeCloseTo(0.5 + 0.5 * (2 / 3), 6);
});

test('a second box of an object is an error, one in a region to ignore is none', () => {
  expect(averagePrecision([drawn(0)], [found(1, 0.9), found(0, 0.8)]).ap50).toBe(1);
  expect(
    averagePrecision([drawn(0), drawn(50)], [found(0, 0.9), found(1, 0.8), found(50, 0.7)]).ap50,
  ).toBeLessThan(1);
  expect(averagePrecision([drawn(0), drawn(50, true)], [found(50, 0.9), found(0, 0.8)])).toEqual({
    objects: 1,
    ap50: 1,
  });
});

test('boxes of another picture match nothing', () => {
  expect(averagePrecision([drawn(0)], [{ ...found(0, 0.9), picture: 'b' }]).ap50).toBe(0);
});

test('without an object there is no figure', () => {
  expect(averagePrecision([], [found(0, 0.9)]).ap50).toBeNull();
});
