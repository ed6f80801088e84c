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
    backoff.reset(60_000);
    expect(backoff.nextMs()).toBe(2000);
  });

  it.each([0, 0.25, 0.5, 1])(
    'asks a broker that refuses at most 120 times in any hour, drawn at %d',
    (chance) => {
      const backoff = createBackoff({ minMs: 1000, maxMs: 60_000, random: () => chance });
      const attemptsMs: number[] = [];
      let nowMs = 0;
      while (nowMs < 24 * 3_600_000) {
        nowMs += backoff.nextMs();
        attemptsMs.push(nowMs);
      }
      const most = Math.max(
        ...attemptsMs.map((from) => attemptsMs.filter((at) => at >= from && at < from + 3_600_000).length),
      );
      expect(most).toBeLessThanOrEqual(120);
      expect(most).toBeGreaterThan(50);
    },
  );

  it('asks no more often of a broker that lets in for a minute and throws out again', () => {
    const backoff = createBackoff({ minMs: 1000, maxMs: 60_000, random: () => 0 });
    let [nowMs, attempts] = [0, 0];
    for (; nowMs < 3_600_000; attempts += 1) {
      nowMs += backoff.nextMs() + 60_000;
      backoff.reset(60_000);
    }
    expect(attempts).toBeLessThanOrEqual(60);
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
