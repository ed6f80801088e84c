import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { percentile } from './mean-speed.ts';

describe('a percentile', () => {
  test('is interpolated between the values around it', () => {
    expect(percentile([10, 20, 30, 40, 50], 0.85)).toBeCloseTo(44, 9);
    expect(percentile([50, 10, 40, 20, 30], 0.5)).toBe(30);
    expect(percentile([42], 0.85)).toBe(42);
  });
  test('has its share of the values not above it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 20, maxLength: 300 }), (values) => {
        const limit = percentile(values, 0.85);
        const notAbove = values.filter((value) => value <= limit).length;
        expect(notAbove).toBeGreaterThanOrEqual(Math.floor(0.85 * (values.length - 1)) + 1);
        expect(values.filter((value) => value < limit).length).toBeLessThanOrEqual(0.85 * values.length + 1);
      }),
    );
  });
});
