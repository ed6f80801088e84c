import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clock, type ClockQuality, createClock, STEPPED_FOR_MS, type TimeSourceState } from './clock.ts';

const MARCH_2026 = Date.UTC(2026, 2, 4);

/** A machine whose clocks and time source do what the test says. */
function machine(wallMs: number): {
  clock: Clock;
  pass(ms: number): void;
  step(ms: number): void;
  source: TimeSourceState;
} {
  let [mono, wall] = [1000, wallMs];
  const it = {
    source: 'synced' as TimeSourceState,
    pass(ms: number) {
      mono += ms;
      wall += ms;
    },
    step(ms: number) {
      wall += ms;
    },
  };
  const clock = createClock({ source: () => it.source, monoMs: () => mono, wallMs: () => wall });
  return Object.assign(it, { clock });
}

describe('the quality of the clock', () => {
  it.each<[number, TimeSourceState, ClockQuality]>([
    [MARCH_2026, 'synced', 'synced'],
    [MARCH_2026, 'lost', 'holdover'],
    [MARCH_2026, 'unknown', 'holdover'],
    [MARCH_2026, 'never', 'unsynced'],
    [0, 'unknown', 'unsynced'],
    [0, 'synced', 'unsynced'],
    [Date.UTC(2024, 11, 31), 'lost', 'unsynced'],
  ])('at %d with a source that is %s is %s', (wallMs, source, quality) => {
    const at = machine(wallMs);
    at.source = source;
    expect(at.clock.now().quality).toBe(quality);
  });

  it.each([3_600_000, -86_400_000, 501, -501])(
    'after a step of %d ms is "stepped" for a minute, for whoever asks',
    (ms) => {
      const at = machine(MARCH_2026);
      at.clock.now();
      at.step(ms);
      expect([at.clock.now().quality, at.clock.now().quality]).toEqual(['stepped', 'stepped']);
      at.pass(STEPPED_FOR_MS - 1);
      expect(at.clock.now().quality).toBe('stepped');
      at.pass(1);
      expect(at.clock.now().quality).toBe('synced');
    },
  );

  it('does not take slewing for a step, however far it goes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 100 }), (slews) => {
        const at = machine(MARCH_2026);
        for (const ms of slews) {
          at.pass(1000);
          at.step(ms);
          expect(at.clock.now().quality).toBe('synced');
        }
      }),
    );
  });

  it('that was set from 1970 is stepped first, and then what the source says', () => {
    const at = machine(5000);
    at.source = 'unknown';
    expect(at.clock.now().quality).toBe('unsynced');
    at.step(MARCH_2026);
    expect(at.clock.now().quality).toBe('stepped');
    at.source = 'synced';
    at.pass(STEPPED_FOR_MS);
    expect(at.clock.now().quality).toBe('synced');
  });
});
