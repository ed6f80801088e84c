import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeviceClock } from './device-clock.ts';

const UINT32_MS = 2 ** 32;

/** Polls of a device whose crystal is `ppm` off; each finds one vehicle that ended since the poll before. */
const polls = fc.record({
  ppm: fc.integer({ min: -150, max: 150 }),
  bootMonoMs: fc.integer({ min: -1_000_000_000, max: 0 }),
  steps: fc.array(
    fc.record({
      pauseMs: fc.integer({ min: 100, max: 60_000 }),
      delayMs: fc.integer({ min: 1, max: 300 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 2, maxLength: 60 },
  ),
});

describe('the clock of a device', () => {
  it('puts every stamp within its own uncertainty, whatever the drift, the delays and the rollover', () => {
    fc.assert(
      fc.property(polls, fc.boolean(), ({ ppm, bootMonoMs, steps }, isNearRollover) => {
        const clock = createDeviceClock({ wrapsAtMs: UINT32_MS, resolutionMs: 1 });
        const startMs = isNearRollover ? UINT32_MS - 5000 : 0;
        const deviceAt = (monoMs: number): number =>
          Math.floor(startMs + (monoMs - (isNearRollover ? 0 : bootMonoMs)) * (1 + ppm / 1e6)) % UINT32_MS;
        let askedMs = 0;
        for (const { pauseMs, delayMs, part } of steps) {
          const nextAskedMs = askedMs + pauseMs;
          const trueMs = askedMs + part * (nextAskedMs - askedMs);
          const latestMonoMs = nextAskedMs + delayMs;
          const sighting = { deviceMs: deviceAt(trueMs), earliestMonoMs: askedMs, latestMonoMs };
          expect(clock.agrees(sighting)).toBe(true);
          clock.learn(sighting);
          const mapped = clock.monoOf(sighting.deviceMs, latestMonoMs);
          expect(Math.abs((mapped?.atMs ?? Infinity) - trueMs)).toBeLessThanOrEqual(
            (mapped?.uncertaintyMs ?? 0) + 1,
          );
          askedMs = nextAskedMs;
        }
      }),
    );
  });

  it('becomes sharper than one poll period', () => {
    const clock = createDeviceClock({ wrapsAtMs: null, resolutionMs: 1 });
    for (let poll = 1; poll <= 50; poll += 1) {
      const trueMs = poll * 1000 + ((poll * 370) % 1000);
      clock.learn({ deviceMs: trueMs, earliestMonoMs: poll * 1000, latestMonoMs: poll * 1000 + 1020 });
    }
    expect(clock.monoOf(51_000, 52_000)?.uncertaintyMs).toBeLessThan(60);
  });

  it('knows nothing before a stamp is bounded from both sides', () => {
    const clock = createDeviceClock({ wrapsAtMs: null, resolutionMs: 1 });
    clock.learn({ deviceMs: 5000, earliestMonoMs: -Infinity, latestMonoMs: 90_000 });
    expect(clock.monoOf(5000, 90_000)).toBeNull();
  });

  it('refuses stamps of one answer that cannot both be true, though each of them can', () => {
    const clock = createDeviceClock({ wrapsAtMs: null, resolutionMs: 1 });
    clock.learn({ deviceMs: 1000, earliestMonoMs: -Infinity, latestMonoMs: 5000 });
    const within = { earliestMonoMs: 5000, latestMonoMs: 6000 };
    const [one, other, near] = [3000, 30_000, 3900].map((deviceMs) => ({ deviceMs, ...within }));
    if (one === undefined || other === undefined || near === undefined) throw new RangeError('three stamps');
    expect([clock.agrees(one), clock.agrees(other)]).toEqual([true, true]);
    expect(clock.agrees(one, other)).toBe(false);
    expect(clock.agrees(one, near)).toBe(true);
  });

  it('refuses a stamp outside its window, and begins anew when it is told to', () => {
    const clock = createDeviceClock({ wrapsAtMs: null, resolutionMs: 1 });
    clock.learn({ deviceMs: 50_000, earliestMonoMs: 1000, latestMonoMs: 2000 });
    const afterReset = { deviceMs: 300, earliestMonoMs: 2000, latestMonoMs: 3000 };
    expect(clock.agrees({ deviceMs: 51_000, earliestMonoMs: 2000, latestMonoMs: 3000 })).toBe(true);
    expect(clock.agrees(afterReset)).toBe(false);
    clock.forget();
    expect(clock.agrees(afterReset)).toBe(true);
  });
});
