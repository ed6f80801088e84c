import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cover, coveredOutside, type Stretch } from './covered-time.ts';

/** Stretches one after the other, with or without a pause, covered wholly, partly or not at all. */
const stretches = fc
  .array(
    fc.record({
      pauseMs: fc.constantFrom(0, 0, 0, 300),
      lengthMs: fc.integer({ min: 1, max: 2000 }),
      share: fc.constantFrom(0, 0.5, 1, 1),
    }),
    { maxLength: 30 },
  )
  .map((list) => {
    let atMs = 0;
    return list.map(({ pauseMs, lengthMs, share }): Stretch => {
      const fromMs = atMs + pauseMs;
      atMs = fromMs + lengthMs;
      return { fromMs, toMs: atMs, coveredMs: lengthMs * share };
    });
  });
const added = (list: readonly Stretch[]) => list.reduce(cover, []);

describe('covered time', () => {
  test('is what was covered outside of other spans', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 9000 }));
    fc.assert(
      fc.property(stretches, span, (list, [fromMs, lengthMs]) => {
        const other = { fromMs, toMs: fromMs + lengthMs };
        const expected = list.reduce((sum, stretch) => {
          const wholeMs = stretch.toMs - stretch.fromMs;
          const insideMs = Math.min(stretch.toMs, other.toMs) - Math.max(stretch.fromMs, other.fromMs);
          return sum + (stretch.coveredMs * (wholeMs - Math.max(0, insideMs))) / wholeMs;
        }, 0);
        expect(coveredOutside(added(list), [other])).toBeCloseTo(expected, 6);
      }),
    );
  });
  test('is one stretch as long as nothing changes', () => {
    const seconds = Array.from({ length: 3600 }, (_, at) => ({
      ...{ fromMs: at * 1000, toMs: at * 1000 + 1000, coveredMs: 1000 },
    }));
    expect(added(seconds)).toEqual([{ fromMs: 0, toMs: 3_600_000, coveredMs: 3_600_000 }]);
  });
  test('stays small and keeps its sum when it changes all the time', () => {
    const uneasy = Array.from({ length: 3600 }, (_, at) => ({
      ...{ fromMs: at * 1000, toMs: at * 1000 + 1000, coveredMs: 10 * (at % 100) },
    }));
    expect(added(uneasy).length).toBeLessThan(50);
    expect(coveredOutside(added(uneasy), [])).toBeCloseTo(3600 * 495, 6);
  });
});
