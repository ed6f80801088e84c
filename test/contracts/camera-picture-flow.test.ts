import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { ffmpegInvocation } from '../../src/sensors/cameras/ffmpeg-invocation.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';

const PICTURE = { widthPx: 640, heightPx: 360 };
const PICTURE_BYTES = (PICTURE.widthPx * PICTURE.heightPx * 3) / 2;
const NET = { inputWidthPx: 416, inputHeightPx: 256 };
const FRAME_BYTES = 3 * NET.inputWidthPx * NET.inputHeightPx;

let ffmpeg: ChildProcess | null = null;
afterEach(() => ffmpeg?.kill('SIGKILL'));

/** What follows the decoder in our ffmpeg, fed with raw pictures. */
function startFlow(options: { readonly framesPerSecond?: number }) {
  const placement = placePicture({ picture: PICTURE, crop: { x: 0, y: 0, ...PICTURE } }, NET);
  const source = { kind: 'file', path: 'unused', loop: false } as const;
  const { args } = ffmpegInvocation({ ...options, source, placement, socketTimeoutMs: 1000 });
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${PICTURE.widthPx}x${PICTURE.heightPx}`];
  const child = spawn(
    'ffmpeg',
    ['-loglevel', 'error', ...raw, '-i', 'pipe:0', ...args.slice(args.indexOf('-map'))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  ffmpeg = child;
  let bytes = 0;
  let wake: () => void = () => undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    wake();
  });
  return {
    send: (brightness: number) => child.stdin.write(Buffer.alloc(PICTURE_BYTES, brightness)),
    async untilFrames(count: number) {
      while (bytes < count * FRAME_BYTES) await new Promise<void>((resolve) => (wake = resolve));
    },
    /** Frames that came in all. */
    async end() {
      child.stdin.end();
      await once(child, 'close');
      return bytes / FRAME_BYTES;
    },
  };
}

test('a picture leaves filters and coder before the next one enters', async () => {
  const flow = startFlow({});
  // Held back, it would not come at all: nothing more is sent until it has.
  for (let sent = 1; sent <= 8; sent += 1) {
    flow.send(20 * sent);
    await flow.untilFrames(sent);
  }
  expect(await flow.end()).toBe(8);
});

test('pictures that come more often than they are wanted are left out, none when no rate is given', async () => {
  const all = startFlow({});
  for (let sent = 1; sent <= 20; sent += 1) all.send(10 * sent);
  expect(await all.end()).toBe(20);

  const startedAtMs = monotonicMs();
  const thinned = startFlow({ framesPerSecond: 1 });
  for (let sent = 1; sent <= 20; sent += 1) thinned.send(10 * sent);
  const frames = await thinned.end();
  expect(frames).toBeGreaterThan(0);
  // The first at once, and one more for each interval less the quarter that a picture may come early.
  expect(frames).toBeLessThanOrEqual(1 + (monotonicMs() - startedAtMs) / 750);
});

test('a wanted picture does not wait for the next one', async () => {
  const flow = startFlow({ framesPerSecond: 30 });
  flow.send(100);
  await flow.untilFrames(1);
  expect(await flow.end()).toBe(1);
});
