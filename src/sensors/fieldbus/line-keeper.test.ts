import { describe, expect, it } from 'vitest';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, retryPauseMs } from './line-keeper.ts';

describe('the pause before a line is opened again', () => {
  it('doubles with each failure up to the limit, and keeps half of its step under any jitter', () => {
    expect([0, 1, 2].map((failures) => retryPauseMs(failures, 1))).toEqual([
      FIRST_RETRY_MS,
      2 * FIRST_RETRY_MS,
      4 * FIRST_RETRY_MS,
    ]);
    expect(retryPauseMs(3, 0)).toBe(4 * FIRST_RETRY_MS);
    expect(retryPauseMs(50, 1)).toBe(LONGEST_RETRY_MS);
    expect(retryPauseMs(5000, 0)).toBe(LONGEST_RETRY_MS / 2);
  });
});
