import { afterEach, expect, test } from 'vitest';
import { type CaptureFault, createCameraCapture } from '../../src/sensors/cameras/camera-capture.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';
import { CLIP_SIZE, gstreamerCamera, makeClip, simulatedCamera } from './camera-servers.ts';

const WAIT = { timeout: 60_000, interval: 100 };
const NET = { inputWidthPx: 128, inputHeightPx: 96 };
const gstreamer = gstreamerCamera('basic');
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

test.skipIf(gstreamer.missing !== null).each([
  { what: 'that sends seldom', sound: false, framesPerSecond: 0.5 },
  { what: 'with sound, which comes before its pictures', sound: true, framesPerSecond: 0.5 },
])(
  'each picture of a camera $what is shown before the next one comes',
  async ({ sound, framesPerSecond }) => {
    const look = { ...CLIP_SIZE, colour: '0xC02040', framesPerSecond, seconds: 40, keyEvery: 4 };
    const clip = makeClip(look);
    opened.push({ close: async () => clip.remove() });
    const camera = await gstreamer.open(clip, undefined, { framesPerSecond, sound });
    opened.push(camera);
    const atMs: number[] = [];
    const capture = createCameraCapture({
      // So fast that pictures which were kept back, and come all at once, are shown as well.
      plan: {
        source: { kind: 'rtsp', url: camera.url, user: null, password: null },
        framesPerSecond: 1000,
      },
      placement: placePicture({ picture: CLIP_SIZE, crop: { x: 0, y: 0, ...CLIP_SIZE } }, NET),
      timing: { stallAfterMs: 20_000, socketTimeoutMs: 25_000 },
      copy: { begin: () => undefined, write: () => undefined, refused: () => undefined },
      onFault: () => undefined,
      onFrame: () => void atMs.push(capture.take()?.atMs ?? Number.NaN),
    });
    capture.start();
    opened.push({ close: () => capture.stop() });
    await expect.poll(() => atMs.length, WAIT).toBeGreaterThan(2);
    const [first = Number.NaN, second = Number.NaN] = atMs;
    expect(second - first).toBeGreaterThan(500);
  },
);

test('a camera that is asked before it sends anything is copied as soon as it has sent for a while', async () => {
  const clip = makeClip();
  opened.push({ close: async () => clip.remove() });
  const camera = await simulatedCamera.open(clip);
  opened.push(camera);
  camera.freeze();
  const seen = { pictures: 0, refusals: 0, copiedBytes: 0 };
  const faults: CaptureFault[] = [];
  const capture = createCameraCapture({
    plan: { source: { kind: 'rtsp', url: camera.url, user: null, password: null }, framesPerSecond: 25 },
    placement: placePicture({ picture: CLIP_SIZE, crop: { x: 0, y: 0, ...CLIP_SIZE } }, NET),
    timing: { retryFirstMs: 100, retryLimitMs: 500, socketTimeoutMs: 1000, stableAfterMs: 1000 },
    copy: {
      begin: () => undefined,
      write: (chunk) => {
        seen.copiedBytes += chunk.length;
      },
      refused: () => {
        seen.refusals += 1;
      },
    },
    onFault: (fault) => faults.push(fault),
    onFrame() {
      capture.take();
      seen.pictures += 1;
    },
  });
  capture.start();
  opened.push({ close: () => capture.stop() });
  await expect.poll(() => seen.refusals, WAIT).toBe(1);
  camera.unfreeze();
  await expect.poll(() => seen.copiedBytes, WAIT).toBeGreaterThan(0);
  const before = seen.pictures;
  await expect.poll(() => seen.pictures, WAIT).toBeGreaterThan(before);
  expect(before).toBeGreaterThan(0);
  expect(faults.filter(({ active }) => active)).toEqual([]);
  expect(seen.refusals).toBe(1);
});
