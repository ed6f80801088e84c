import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';

describe('the pause between attempts to connect', () => {
  it('lies anywhere between the minimum and a limit that doubles up to the maximum', () => {
    const latest = createBackoff({ minMs: 1000, maxMs: 60_000, random: () => 1 });
    const limits = Array.from({ length: 8 }, () => latest.nextMs());
    expect(limits).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    const earliest = createBackoff({ minMs: 1000, maxMs: 60_000, random: () => 0 });
    expect([earliest.nextMs(), earliest.nextMs(), earliest.nextMs()]).toEqual([1000, 1000, 1000]);
  });

  it('is short again after a stable connection', () => {
    const backoff = createBackoff({ minMs: 1000, maxMs: 60_000, random: () => 1 });
    for (let attempt = 0; attempt < 8; attempt += 1) backoff.nextMs();
    backoff.reset();
    expect(backoff.nextMs()).toBe(2000);
  });

  it('never leaves its limits', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (chances) => {
        let turn = 0;
        const backoff = createBackoff({ minMs: 1000, maxMs: 60_000, random: () => chances[turn++] ?? 0 });
        for (const _ of chances) {
          const pauseMs = backoff.nextMs();
          expect(pauseMs).toBeGreaterThanOrEqual(1000);
          expect(pauseMs).toBeLessThanOrEqual(60_000);
        }
      }),
    );
  });
});
