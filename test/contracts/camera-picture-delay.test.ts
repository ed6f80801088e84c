import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { ffmpegInvocation } from '../../src/sensors/cameras/ffmpeg-invocation.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';

const PICTURE = { widthPx: 640, heightPx: 360 };
const NET = { inputWidthPx: 416, inputHeightPx: 256 };
const PICTURES = 8;

test('a picture leaves filters and coder before the next one enters', async () => {
  const placement = placePicture({ picture: PICTURE, crop: { x: 0, y: 0, ...PICTURE } }, NET);
  const source = { kind: 'file', path: 'unused', loop: false } as const;
  const { args } = ffmpegInvocation({ source, placement, socketTimeoutMs: 1000 });
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${PICTURE.widthPx}x${PICTURE.heightPx}`];
  const ffmpeg = spawn(
    'ffmpeg',
    ['-loglevel', 'error', ...raw, '-i', 'pipe:0', ...args.slice(args.indexOf('-map'))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let bytes = 0;
  let wake: () => void = () => undefined;
  ffmpeg.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    wake();
  });
  const pictureBytes = 3 * NET.inputWidthPx * NET.inputHeightPx;
  try {
    for (let sent = 1; sent <= PICTURES; sent += 1) {
      ffmpeg.stdin.write(Buffer.alloc((PICTURE.widthPx * PICTURE.heightPx * 3) / 2, 20 * sent));
      // Held back, it would not come at all: nothing more is sent until it has.
      while (bytes < sent * pictureBytes) await new Promise<void>((resolve) => (wake = resolve));
    }
    expect(bytes).toBe(PICTURES * pictureBytes);
  } finally {
    ffmpeg.kill('SIGKILL');
  }
}, 30_000);
