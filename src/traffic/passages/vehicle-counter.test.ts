import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CounterState, countSeen, foldCounter } from './vehicle-counter.ts';

const reading = (count: number, atMs: number, bits: 8 | 16 | 32 = 16) =>
  ({ kind: 'loop-counters', loop: 'l', count, bits, nonVolatile: false, atMs }) as const;

const LANE = { isPolled: true };

/** Reads the counter each second with the given values and adds up what it alone knew of. */
function missedOver(
  counts: readonly number[],
  bits: 8 | 16 | 32 = 16,
  seenAt: readonly number[] = [],
): number {
  let state: CounterState | null = null;
  let missed = 0;
  counts.forEach((count, second) => {
    for (const seen of seenAt) if (seen === second) state = countSeen(state);
    const next = foldCounter(state, reading(count, second * 1000, bits), LANE);
    state = next.state;
    missed += next.missed;
  });
  return missed;
}

describe('a card counter', () => {
  test('adds the vehicles that presence reads did not show', () => {
    expect(missedOver([7, 9, 9, 9, 9])).toBe(2);
  });
  test('adds nothing for vehicles that presence reads showed', () => {
    expect(missedOver([7, 8, 9, 9, 9, 9], 16, [1, 2])).toBe(0);
  });
  test('may be read before the presence read that shows the same vehicle', () => {
    expect(missedOver([7, 8, 8, 8, 8], 16, [2])).toBe(0);
  });
  test('goes on past its width', () => {
    expect(missedOver([65_534, 65_535, 0, 1, 1, 1, 1])).toBe(3);
    expect(missedOver([254, 1, 1, 1, 1], 8)).toBe(3);
  });
  test('invents no vehicle when the card restarts at zero', () => {
    expect(missedOver([5000, 0, 0, 0, 0])).toBe(0);
  });
  test('keeps the vehicles counted since a restart', () => {
    expect(missedOver([5000, 2, 2, 2, 2])).toBe(2);
  });
  test('ignores a jump that no traffic explains', () => {
    expect(missedOver([10, 40_000, 40_000, 40_000])).toBe(0);
  });
  test('adds what it misses later though it has counted less than presence showed before', () => {
    const shown = Array.from({ length: 20 }, (_, at) => at + 1);
    const counts = [...shown.map(() => 7), 7, 7, 7, 17, 17, 17, 17];
    expect(missedOver(counts, 16, shown)).toBe(10 - 2);
  });
  test('leaves a vehicle that stands on the loop, and is counted when it leaves, to the presence', () => {
    expect(missedOver([7, 7, 7, 7, 7, 7, 8, 8, 8, 8], 16, [1])).toBe(0);
  });
  test('does not make thousands of vehicles of an outage', () => {
    const { state } = foldCounter(null, reading(5, 0, 32), LANE);
    const missedAfter = (hours: number, vehicles: number): number =>
      foldCounter(state, reading(5 + vehicles, hours * 3_600_000, 32), { isPolled: false }).missed;
    expect(missedAfter(1, 1200)).toBe(1200);
    expect(missedAfter(12, 14_000)).toBe(0);
  });
  test('says since when it has not lost a vehicle, and that a restart or a second wrap has', () => {
    const continued = (from: number, to: number, afterMs: number, bits: 8 | 16): number | null => {
      const { state } = foldCounter(null, reading(from, 0, bits), LANE);
      return foldCounter(state, reading(to, afterMs, bits), LANE).continuedFromMs;
    };
    expect(continued(5, 9, 10_000, 16)).toBe(0);
    expect(continued(5000, 0, 10_000, 16)).toBeNull();
    expect(continued(5, 9, 300_000, 8)).toBeNull();
  });
  test('hands its vehicles out at once where nothing else sees them, with the reading before', () => {
    const { state } = foldCounter(null, reading(5, 0), LANE);
    expect(foldCounter(state, reading(9, 4000), { isPolled: false })).toMatchObject({
      missed: 4,
      missedFromMs: 0,
    });
    expect(foldCounter(state, reading(9, 4000), LANE).missed).toBe(0);
  });

  test('with its readings, never counts a vehicle twice nor loses one, whatever polling showed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65_535 }),
        fc.array(fc.record({ passed: fc.nat(2), shown: fc.nat(2) }), { minLength: 1, maxLength: 50 }),
        (start, seconds) => {
          let state: CounterState | null = foldCounter(null, reading(start, 0), LANE).state;
          let passed = 0;
          let shown = 0;
          let missed = 0;
          const read = (second: number): void => {
            const next = foldCounter(state, reading((start + passed) % 65_536, second * 1000), LANE);
            state = next.state;
            missed += next.missed;
          };
          seconds.forEach((second, index) => {
            passed += second.passed;
            for (let i = 0; i < Math.min(second.shown, second.passed); i += 1) {
              state = countSeen(state);
              shown += 1;
            }
            read(index + 1);
          });
          for (let settle = 1; settle <= 6; settle += 1) read(seconds.length + settle);
          expect(shown + missed).toBe(passed);
        },
      ),
    );
  });
});
