import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeAll, expect, test } from 'vitest';
import {
  type CameraCapture,
  type CaptureFault,
  type CaptureTiming,
  createCameraCapture,
} from '../../src/sensors/cameras/camera-capture.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';

const SIZE = { widthPx: 320, heightPx: 180 };
const WAIT = { timeout: 60_000, interval: 50 };
/** What is waited for must come although the ordinary wait would be longer than the test. */
const TIMING: Partial<CaptureTiming> = { retryFirstMs: 50, retryLimitMs: 100, unauthorizedRetryMs: 600_000 };

/** How one login is answered: by so many pictures, or not at all. */
type Answer = number | 'refused';

let picture: Buffer;
beforeAll(() => {
  const one = 'testsrc=size=320x180:duration=1:rate=1';
  picture = execFileSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', one, '-f', 'mjpeg', '-']);
});

let server: Server | null = null;
let capture: CameraCapture | null = null;
afterEach(async () => {
  await capture?.stop();
  server?.closeAllConnections();
  server?.close();
  [capture, server] = [null, null];
});

async function show(response: ServerResponse, answer: Answer): Promise<void> {
  if (answer === 'refused') {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=b' });
  const head = `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`;
  for (let shown = 0; shown < answer && !response.destroyed; shown += 1) {
    response.write(Buffer.concat([Buffer.from(head), picture, Buffer.from('\r\n')]));
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  response.end();
}

/** A camera that answers each login after the other so, and all later ones like the last. */
async function camera(answers: readonly Answer[], timing: Partial<CaptureTiming>) {
  const seen = { logins: 0, pictures: 0, faults: [] as CaptureFault[] };
  const listening = createServer(({ headers }, response) => {
    // Every client asks without a password first.
    if (headers.authorization === undefined) {
      void show(response, 'refused');
      return;
    }
    const answer = answers[Math.min(seen.logins, answers.length - 1)];
    seen.logins += 1;
    if (answer !== undefined) void show(response, answer);
  });
  server = listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const url = `http://127.0.0.1:${port}/cam`;
  const started = createCameraCapture({
    plan: { source: { kind: 'http-mjpeg', url, user: 'u', password: 'p' }, framesPerSecond: 10 },
    placement: placePicture(
      { picture: SIZE, crop: { x: 0, y: 0, ...SIZE } },
      { inputWidthPx: 96, inputHeightPx: 64 },
    ),
    timing: { ...TIMING, ...timing },
    onFrame() {
      if (started.take() !== null) seen.pictures += 1;
    },
    onFault: (fault) => seen.faults.push(fault),
  });
  capture = started;
  started.start();
  return seen;
}

const PLAYING = Number.POSITIVE_INFINITY;
const A_FEW = 20;
const told = (faults: readonly CaptureFault[]): readonly string[] =>
  faults.map(({ code, active }) => `${code} ${active}`);

test('a camera that plays and fails again and again is one lasting fault, until it plays on', async () => {
  const failing = Array.from({ length: 8 }, () => A_FEW);
  const seen = await camera([...failing, PLAYING], { stallAfterMs: 30_000, stableAfterMs: 3000 });
  await expect.poll(() => seen.logins, WAIT).toBeGreaterThan(failing.length);
  // The first relapses are told as faults of their own; those after them are the same one.
  const once = ['unreachable true', 'unreachable false'];
  const relapsing = [...once, ...once, ...once, ...once, 'unreachable true'];
  expect(told(seen.faults)).toEqual(relapsing);
  // Its pictures are used meanwhile.
  const before = seen.pictures;
  await expect.poll(() => seen.pictures, WAIT).toBeGreaterThan(before);
  expect(capture?.status).toMatchObject({
    state: 'failing',
    note: expect.stringMatching(/^pictures come again/),
  });
  await expect.poll(() => told(seen.faults), WAIT).toEqual([...relapsing, 'unreachable false']);
  expect(capture?.status.state).toBe('working');
});

test('a camera that refuses everybody while it starts is asked again soon', async () => {
  const seen = await camera([A_FEW, 'refused', 'refused', PLAYING], { refusedAgainMs: 100 });
  await expect.poll(() => told(seen.faults), WAIT).toContain('unauthorized true');
  await expect.poll(() => told(seen.faults), WAIT).toContain('unauthorized false');
});

test('a login that is wrong from now on is not tried until the account is locked', async () => {
  const seen = await camera([A_FEW, 'refused'], { refusedAgainMs: 10 });
  await expect.poll(() => seen.logins, WAIT).toBeGreaterThan(3);
  const quietSince = performance.now();
  await expect.poll(() => performance.now() - quietSince, WAIT).toBeGreaterThan(2000);
  // The good one, and after it fewer than the five that lock an account.
  expect(seen.logins).toBe(4);
});
