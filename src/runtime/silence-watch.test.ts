import { expect, it } from 'vitest';
import { createSilenceWatch } from './silence-watch.ts';

const create = () => createSilenceWatch({ startedAtMs: 0, firstWithinMs: 10_000, limitMs: 3000 });

it('the first value may take as long as loading takes', () => {
  const watch = create();
  expect([5000, 10_000, 10_001].map((nowMs) => watch.isSilent(nowMs))).toEqual([false, false, false]);
  expect(watch.isSilent(10_500)).toBe(true);
});

it('after the first value the shorter limit holds', () => {
  const watch = create();
  watch.heard(100);
  expect([3000, 3100, 3101].map((nowMs) => watch.isSilent(nowMs))).toEqual([false, false, false]);
  expect(watch.isSilent(3200)).toBe(true);
});

it('values that waited while this process was held up are heard before the peer is given up', () => {
  const watch = create();
  watch.heard(100);
  expect(watch.isSilent(60_000)).toBe(false);
  watch.heard(60_001);
  expect(watch.isSilent(60_500)).toBe(false);
});
