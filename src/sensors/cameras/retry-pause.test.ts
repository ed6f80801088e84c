import { expect, test } from 'vitest';
import { createRetryPause } from './retry-pause.ts';

test('pauses double up to the limit, and start again after success', () => {
  const pause = createRetryPause({ firstMs: 500, limitMs: 5000, random: () => 1 });
  const next = (): number => pause.nextMs();
  expect([next(), next(), next(), next(), next(), next()]).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  pause.reset();
  expect(next()).toBe(500);
});

test('jitter takes away at most half', () => {
  const pause = createRetryPause({ firstMs: 500, limitMs: 5000, random: () => 0 });
  expect(pause.nextMs()).toBe(250);
});
