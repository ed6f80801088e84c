import { expect, test } from 'vitest';
import { createClipTimeline } from './clip-timeline.ts';

/** Groups of three pictures; nine in all. */
const UNITS = Array.from({ length: 9 }, (_, index) => ({ nals: [], key: index % 3 === 0 }));

function timeline() {
  return createClipTimeline({ units: UNITS, framesPerSecond: 30, startedAtMs: 1000 });
}
function take(count: number, from: { advance(): number }): number[] {
  return Array.from({ length: count }, () => from.advance());
}

test('before play the first group of pictures repeats', () => {
  const clip = timeline();
  expect(take(8, clip)).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
  expect(clip.clipStartedAtMs).toBeNull();
});

test('play takes effect at the next border of groups, from the start of the clip, and loops it', () => {
  const clip = timeline();
  take(4, clip);
  clip.play();
  expect(take(2, clip)).toEqual([1, 2]);
  expect(clip.clipStartedAtMs).toBeNull();
  expect(take(12, clip)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2]);
  expect(clip.clipStartedAtMs).toBe(1200);
});

test('the millionth picture is due to the millisecond', () => {
  const clip = timeline();
  take(1_000_000, clip);
  expect(clip.dueAtMs).toBeCloseTo(1000 + 1_000_000_000 / 30, 6);
});

test('a clip of one group is played as it is', () => {
  const clip = createClipTimeline({ units: UNITS.slice(0, 3), framesPerSecond: 30, startedAtMs: 0 });
  clip.play();
  expect(take(4, clip)).toEqual([0, 1, 2, 0]);
});
