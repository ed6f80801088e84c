import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANSWERS_TO_LEARN,
  createResponseLimit,
  REMEMBERED_ANSWERS,
  type ResponseLimit,
} from './response-limit.ts';

const LONGEST_MS = 300;

function learned(tookMs: number, answers = ANSWERS_TO_LEARN): ResponseLimit {
  const limit = createResponseLimit(LONGEST_MS);
  for (let answer = 0; answer < answers; answer += 1) limit.answered(tookMs);
  return limit;
}

describe('how long an answer is waited for', () => {
  it('is the whole of what the driver allows until the device has shown how quick it is', () => {
    expect(createResponseLimit(LONGEST_MS).ms).toBe(LONGEST_MS);
    expect(learned(10, ANSWERS_TO_LEARN - 1).ms).toBe(LONGEST_MS);
    expect(learned(10).ms).toBe(40);
  });

  it('is the whole again after one failure, for as many answers as it took to learn', () => {
    const limit = learned(10);
    limit.failed();
    expect(limit.ms).toBe(LONGEST_MS);
    for (let answer = 1; answer < ANSWERS_TO_LEARN; answer += 1) limit.answered(10);
    expect(limit.ms).toBe(LONGEST_MS);
    limit.answered(10);
    expect(limit.ms).toBe(40);
  });

  it('remembers a slow answer for a while, and not for ever', () => {
    const limit = learned(10);
    limit.answered(100);
    for (let answer = 0; answer < REMEMBERED_ANSWERS; answer += 1) limit.answered(10);
    expect(limit.ms).toBe(220);
    for (let answer = 0; answer < REMEMBERED_ANSWERS; answer += 1) limit.answered(10);
    expect(limit.ms).toBe(40);
  });

  it('is never longer than the driver allows, and never shorter than the slowest answer that is remembered', () => {
    const steps = fc.array(fc.option(fc.double({ min: 0, max: 400, noNaN: true }), { freq: 20 }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (taken) => {
        const limit = createResponseLimit(LONGEST_MS);
        for (const tookMs of taken) {
          if (tookMs === null) limit.failed();
          else limit.answered(tookMs);
        }
        const slowestMs = Math.max(0, ...taken.filter((tookMs) => tookMs !== null));
        expect(limit.ms).toBeLessThanOrEqual(LONGEST_MS);
        expect(limit.ms).toBeGreaterThanOrEqual(Math.min(LONGEST_MS, slowestMs));
      }),
    );
  });

  it('lets a device that is slow at every fourth answer miss one in a row at most', () => {
    const limit = createResponseLimit(LONGEST_MS);
    let missedInRow = 0;
    let worst = 0;
    for (let asked = 0; asked < 2000; asked += 1) {
      // Quick while it learns, then now and then near the end of what is allowed.
      const tookMs = asked > 100 && asked % 4 === 0 ? 290 : 12;
      const isInTime = tookMs <= limit.ms;
      missedInRow = isInTime ? 0 : missedInRow + 1;
      worst = Math.max(worst, missedInRow);
      if (isInTime) limit.answered(tookMs);
      else limit.failed();
    }
    expect(worst).toBe(1);
  });
});
