import { describe, expect, it } from 'vitest';
import { createBacklogPace } from './backlog-pace.ts';

const settings = { backfillPerS: 100, backfillDelayMaxMs: 10_000 };

describe('the pace of a backlog', () => {
  it('begins a random time after the connection', () => {
    const pace = createBacklogPace(settings, () => 0.4);
    pace.restart(1000);
    expect(pace.allowance(5000)).toBe(0);
    expect(pace.allowance(5100)).toBe(10);
  });

  it('is kept over a minute, however often it is asked', () => {
    for (const everyMs of [7, 100, 990]) {
      const pace = createBacklogPace(settings, () => 0);
      pace.restart(0);
      let sent = 0;
      for (let nowMs = 0; nowMs <= 60_000; nowMs += everyMs) {
        const rows = pace.allowance(nowMs);
        pace.spend(rows);
        sent += rows;
      }
      expect(sent).toBeLessThanOrEqual(6000);
      expect(sent).toBeGreaterThan(everyMs > 500 ? 2900 : 5800);
    }
  });

  it('saves up no more than half a second of rows', () => {
    const pace = createBacklogPace(settings, () => 0);
    pace.restart(0);
    expect(pace.allowance(3_600_000)).toBe(50);
  });

  it('tells when the next row may go', () => {
    const pace = createBacklogPace({ backfillPerS: 2, backfillDelayMaxMs: 10_000 }, () => 0.5);
    pace.restart(0);
    expect([pace.allowance(0), pace.waitMs(0)]).toEqual([0, 5500]);
    expect([pace.allowance(5250), pace.waitMs(5250)]).toEqual([0, 250]);
    expect([pace.allowance(5500), pace.waitMs(5500)]).toEqual([1, 0]);
    pace.spend(1);
    expect(pace.waitMs(5500)).toBe(500);
  });
});
