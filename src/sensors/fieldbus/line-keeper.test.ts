import { describe, expect, it } from 'vitest';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, retryPauseMs } from './line-keeper.ts';

describe('the pause before a line is opened again', () => {
  const pause = (failures: number, random: number, medium: 'serial' | 'tcp' = 'tcp') =>
    retryPauseMs(failures, { random, longestMs: LONGEST_RETRY_MS[medium] });

  it('doubles with each failure up to the limit, and keeps half of its step under any jitter', () => {
    expect([0, 1, 2].map((failures) => pause(failures, 1))).toEqual([
      FIRST_RETRY_MS,
      2 * FIRST_RETRY_MS,
      4 * FIRST_RETRY_MS,
    ]);
    expect(pause(3, 0)).toBe(4 * FIRST_RETRY_MS);
    expect(pause(50, 1)).toBe(LONGEST_RETRY_MS.tcp);
    expect(pause(5000, 0)).toBe(LONGEST_RETRY_MS.tcp / 2);
  });

  it('is never longer than a second for a serial path, which may be plugged in again at any time', () => {
    expect(pause(5000, 1, 'serial')).toBe(1000);
  });
});
