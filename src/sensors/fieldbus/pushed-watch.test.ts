import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPushedWatch } from './pushed-watch.ts';

describe('what a device says by itself', () => {
  it('is missed half a period after it was due, once for each period', () => {
    const watch = createPushedWatch(1000, 0);
    expect([900, 1499, 1500, 1600, 2499, 2500].map((ms) => watch.missedUntil(ms))).toEqual([
      0, 0, 1, 0, 0, 1,
    ]);
    expect(watch.due).toBe(2);
  });

  it('may come at any phase and drift: no arrival within half a period is missed', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.6, max: 1.49, noNaN: true }), { maxLength: 50 }), (periods) => {
        const watch = createPushedWatch(1000, 0);
        let nowMs = 0;
        for (const period of periods) {
          nowMs += period * 1000;
          expect(watch.missedUntil(nowMs)).toBe(0);
          watch.arrived(nowMs);
        }
        expect(watch.due).toBe(periods.length);
      }),
    );
  });

  it('is not missed while its line was away', () => {
    const watch = createPushedWatch(1000, 0);
    watch.restart(60_000);
    expect(watch.missedUntil(61_400)).toBe(0);
    expect(watch.missedUntil(61_500)).toBe(1);
  });
});
