import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFrameClock, createNewestFrame } from './newest-frame.ts';

/** Four-byte frames, each filled with its number from 1 on. */
function frameBytes(numbers: readonly number[]): Uint8Array {
  return Uint8Array.from(numbers.flatMap((number) => [number, number, number, number]));
}

test('frames are whole whatever the chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 11 })), (lengths) => {
      const frames = createNewestFrame({ frameBytes: 4, framesPerSecond: 1000 });
      const stream = frameBytes([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      let from = 0;
      let whole = 0;
      for (const length of [...lengths, stream.length]) {
        whole += frames.write(stream.subarray(from, from + length), from * 1000);
        from += length;
        const frame = frames.take();
        if (frame === null) continue;
        expect(new Set(frame.pixels).size).toBe(1);
      }
      expect(whole).toBe(9);
    }),
  );
});

test('only the newest frame is handed out, once, and the others count as dropped', () => {
  const frames = createNewestFrame({ frameBytes: 4, framesPerSecond: 10 });
  for (const number of [1, 2, 3]) frames.write(frameBytes([number]), number * 100);
  expect(frames.take()).toMatchObject({ atMs: 300, pixels: Uint8Array.of(3, 3, 3, 3) });
  expect(frames.take()).toBeNull();
  expect(frames).toMatchObject({ dueFrames: 3, droppedFrames: 2 });
});

test('a frame in use is not written over by those that come meanwhile', () => {
  const frames = createNewestFrame({ frameBytes: 4, framesPerSecond: 1000 });
  frames.write(frameBytes([1]), 0);
  const taken = frames.take();
  for (const number of [2, 3, 4, 5]) frames.write(frameBytes([number]), number * 10);
  expect([...(taken?.pixels ?? [])]).toEqual([1, 1, 1, 1]);
});

test('the time of a frame is that of its first byte', () => {
  const frames = createNewestFrame({ frameBytes: 4, framesPerSecond: 10 });
  frames.write(Uint8Array.of(1, 1), 100);
  frames.write(Uint8Array.of(1, 1), 190);
  expect(frames.take()?.atMs).toBe(100);
});

test('half a frame of a decoder that died is forgotten', () => {
  const frames = createNewestFrame({ frameBytes: 4, framesPerSecond: 10 });
  frames.write(Uint8Array.of(1, 1, 1), 0);
  frames.discardPartial();
  frames.write(frameBytes([2]), 1000);
  expect([...(frames.take()?.pixels ?? [])]).toEqual([2, 2, 2, 2]);
});

test.each([
  { camera: 25, wanted: 10, kept: 10 },
  { camera: 30, wanted: 12, kept: 12 },
  { camera: 25, wanted: 25, kept: 25 },
  { camera: 8, wanted: 10, kept: 8 },
])('$camera frames per second thin to $wanted', ({ camera, wanted, kept }) => {
  const isDue = createFrameClock(wanted);
  let due = 0;
  for (let frame = 0; frame < camera * 60; frame += 1) if (isDue((frame * 1000) / camera)) due += 1;
  expect(Math.abs(due / 60 - kept)).toBeLessThan(0.1);
});

test('after a pause no frames are made up for', () => {
  const isDue = createFrameClock(10);
  expect(isDue(0)).toBe(true);
  expect(isDue(5000)).toBe(true);
  expect(isDue(5040)).toBe(false);
  expect(isDue(5100)).toBe(true);
});
