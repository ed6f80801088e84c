import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CameraCapture, createCameraCapture } from '../../src/sensors/cameras/camera-capture.ts';
import type { RecordingPace } from '../../src/sensors/cameras/ffmpeg-invocation.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';
import { childrenOf } from '../bench/common/process-usage.ts';

const PICTURE = { widthPx: 416, heightPx: 256 };
const PLACEMENT = placePicture(
  { picture: PICTURE, crop: { x: 0, y: 0, ...PICTURE } },
  { inputWidthPx: PICTURE.widthPx, inputHeightPx: PICTURE.heightPx },
);
const FPS = 50;
const PICTURES = 40;
/** Three of the recording's pictures come in this time when it plays at its own speed. */
const SLOW_MS = 60;

let folder = '';
let clip = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-pace-'));
  clip = join(folder, 'clip.mp4');
  // Each picture is lighter than the one before.
  const picture = `nullsrc=s=${PICTURE.widthPx}x${PICTURE.heightPx}:r=${FPS},format=gray,geq=lum=5*N+20`;
  const coding = ['-c:v', 'libx264', '-bf', '0', '-qp', '0', '-pix_fmt', 'yuv420p', '-color_range', 'pc'];
  const input = ['-f', 'lavfi', '-i', picture, '-frames:v', String(PICTURES)];
  execFileSync('ffmpeg', ['-nostdin', '-loglevel', 'error', ...input, ...coding, clip]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Takes a picture every SLOW_MS until the recording ends; how light each was that was taken. */
async function takeSlowly(
  recordingPace: RecordingPace,
): Promise<{ capture: CameraCapture; light: number[] }> {
  const light: number[] = [];
  let hasEnded = false;
  const capture = createCameraCapture({
    plan: { source: { kind: 'file', path: clip, loop: false }, framesPerSecond: FPS },
    placement: PLACEMENT,
    recordingPace,
    onFrame: () => undefined,
    onFault: ({ active }) => {
      hasEnded ||= active;
    },
  });
  capture.start();
  while (!hasEnded || capture.hasFrame) {
    const frame = capture.take();
    if (frame !== null) light.push(frame.pixels[0] ?? 0);
    await delay(SLOW_MS);
  }
  await capture.stop();
  return { capture, light };
}

test('a recording that is read as its pictures are taken leaves out none, however slowly', async () => {
  const { capture, light } = await takeSlowly('as-read');
  expect(light).toHaveLength(PICTURES);
  expect(light).toEqual([...light].sort((a, b) => a - b));
  expect(new Set(light).size).toBe(PICTURES);
  expect(capture.status).toMatchObject({ dueFrames: PICTURES, droppedFrames: 0 });
});

test('a recording that plays at its own speed replaces pictures that nobody took', async () => {
  const { capture, light } = await takeSlowly('own');
  expect(light.length).toBeLessThan(PICTURES);
  expect(capture.status.droppedFrames).toBeGreaterThan(0);
});

test('a recording that waits with its next picture ends as soon as it is asked to', async () => {
  const capture = createCameraCapture({
    plan: { source: { kind: 'file', path: clip, loop: true }, framesPerSecond: FPS },
    placement: PLACEMENT,
    recordingPace: 'as-read',
    // Were it killed, the test would run out of time.
    timing: { killAfterMs: 600_000 },
    onFrame: () => undefined,
    onFault: () => undefined,
  });
  capture.start();
  await expect.poll(() => capture.hasFrame, { timeout: 20_000 }).toBe(true);
  await capture.stop();
  expect(capture.status.state).toBe('stopped');
});

test.each<[RecordingPace, number]>([
  ['as-read', 15],
  ['own', getPriority()],
])(
  'a recording at the pace %s is decoded at nice %i: only one that waits gives way',
  async (pace, niceness) => {
    const before = childrenOf(process.pid);
    const capture = createCameraCapture({
      plan: { source: { kind: 'file', path: clip, loop: true }, framesPerSecond: FPS },
      placement: PLACEMENT,
      recordingPace: pace,
      onFrame: () => undefined,
      onFault: () => undefined,
    });
    capture.start();
    await expect.poll(() => capture.hasFrame, { timeout: 20_000 }).toBe(true);
    const started = childrenOf(process.pid).filter((pid) => !before.includes(pid));
    expect(started.map((pid) => getPriority(pid))).toEqual([niceness]);
    await capture.stop();
  },
);
