import { describe, expect, test } from 'vitest';
import { activeShareAt, figuresOf, inBin, openBin, overBins } from './loop-bin.ts';

const HOUR_MS = 3_600_000;
const reading = { occupiedSinceMs: null, tellsOccupancy: true, activeShare: 1 };

describe('a bin of 30 s', () => {
  test('ends with the half minute of the wall clock, whatever the monotonic clock says', () => {
    expect(openBin(100_007, 3)).toMatchObject({ fromMs: 100_007, toMs: 119_997 });
    expect(openBin(119_997, 3)).toMatchObject({ toMs: 149_997 });
  });
  test('follows the one before, however the readings of the two clocks jitter', () => {
    let bin = openBin(29_999.6, 0);
    for (let at = 0; at < 100; at += 1) {
      bin = openBin(bin.toMs, at % 3 === 0 ? -0.9 : 0.4);
      expect(bin.toMs - bin.fromMs).toBeGreaterThan(29_990);
    }
  });
  test('clips occupied time, also that of a vehicle which has not left', () => {
    const whole = { ...openBin(30_000, 0), readMs: 30_000 };
    const [bin = whole] = overBins([whole], { fromMs: 27_000, toMs: 33_000 }, (it, ms) => ({
      ...it,
      occupiedMs: ms,
    }));
    expect(figuresOf(bin, reading)?.occupancyPct).toBe(10);
    expect(figuresOf(bin, { ...reading, occupiedSinceMs: 57_000 })?.occupancyPct).toBe(20);
  });
  test('says nothing when it was read too little, or is only the rest of one', () => {
    expect(figuresOf({ ...openBin(30_000, 0), readMs: 26_000 }, reading)).toBeNull();
    expect(figuresOf({ ...openBin(40_000, 0), readMs: 20_000 }, reading)).toBeNull();
    expect(figuresOf({ ...openBin(30_000, 0), readMs: 28_000 }, reading)).not.toBeNull();
  });
  test('takes a stamp that runs ahead of the tick, and not one older than itself', () => {
    const bins = [openBin(30_000, 0)];
    const hits = (atMs: number) => inBin(bins, atMs, (bin) => ({ ...bin, hits: 1 }))[0]?.hits;
    expect([29_999, 30_000, 59_999, 60_050].map(hits)).toEqual([0, 1, 1, 1]);
  });
});

describe('active time', () => {
  const night = { quietHours: { fromH: 22, toH: 5, factor: 4 } };
  const noon = { quietHours: { fromH: 12, toH: 14, factor: 4 } };
  test.each([
    ['counts in full by day', night, 21.99, 1],
    ['counts a quarter at night', night, 22, 0.25],
    ['and after midnight', night, 4.99, 0.25],
    ['until the morning', night, 5, 1],
    ['may be quiet by day', noon, 13, 0.25],
    ['is always active without quiet hours', { quietHours: null }, 3, 1],
  ] as const)('%s', (_what, limits, localHour, share) => {
    expect(activeShareAt((localHour - 8) * HOUR_MS, limits, 480)).toBe(share);
  });
});
