import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest';
import {
  type CameraCapture,
  type CaptureFault,
  type CaptureTiming,
  createCameraCapture,
} from '../../src/sensors/cameras/camera-capture.ts';
import type { CameraSource } from '../../src/sensors/cameras/ffmpeg-invocation.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';
import { mjpegCamera } from './camera-mjpeg-server.ts';
import {
  type CameraLogin,
  type CameraServer,
  CLIP_COLOUR,
  CLIP_SIZE,
  encryptedCamera,
  gstreamerCamera,
  makeClip,
  simulatedCamera,
  type TestClip,
} from './camera-servers.ts';

/** Wide and low, so that the clip leaves black at the right. */
const NET = { inputWidthPx: 256, inputHeightPx: 128 };
const WAIT = { timeout: 40_000, interval: 100 };
const LOGIN: CameraLogin = { user: 'view@er', password: "pa'ss:wörd/1%" };
/** Quick, so that the tests are; on a busy machine no picture may come for long. */
const TIMING: Partial<CaptureTiming> = {
  ...{ retryFirstMs: 200, retryLimitMs: 1000, unauthorizedRetryMs: 1000 },
  ...{ stallAfterMs: 20_000, socketTimeoutMs: 25_000 },
};
/** For a camera that does hang. */
const STALLING: Partial<CaptureTiming> = { ...TIMING, stallAfterMs: 3000, socketTimeoutMs: 4500 };

interface Watched {
  readonly capture: CameraCapture;
  readonly faults: CaptureFault[];
  /** Pictures taken since the start. */
  count(): number;
  newest(): Uint8Array;
}

function watch(source: CameraSource, timing: Partial<CaptureTiming>): Watched {
  const faults: CaptureFault[] = [];
  let count = 0;
  let newest: Uint8Array = new Uint8Array();
  const capture = createCameraCapture({
    plan: { source, framesPerSecond: 10 },
    placement: placePicture({ picture: CLIP_SIZE, crop: { x: 0, y: 0, ...CLIP_SIZE } }, NET),
    timing,
    onFault: (fault) => faults.push(fault),
    onFrame() {
      newest = capture.take()?.pixels ?? newest;
      count += 1;
    },
  });
  capture.start();
  return { capture, faults, count: () => count, newest: () => newest };
}

/** The argument lists of all processes that we may see. */
function argumentLists(): string {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .join('\n');
}

let clip: TestClip;
beforeAll(() => {
  clip = makeClip();
});
afterAll(() => clip.remove());

describe.concurrent.each<CameraServer>([
  simulatedCamera,
  encryptedCamera,
  gstreamerCamera('digest'),
  gstreamerCamera('basic'),
  mjpegCamera('digest'),
  mjpegCamera('basic'),
])('capturing from $name', ({ kind, missing, open }) => {
  interface Wish {
    /** Whom the camera lets in; without it everybody. */
    readonly login?: CameraLogin;
    readonly password?: string;
    readonly path?: string;
    readonly timing?: Partial<CaptureTiming>;
  }
  /** A camera of its own and its capture, until the test is over, and what belongs to this test alone. */
  async function begin({ expect, onTestFinished }: TestContext, wish: Wish = {}) {
    const { login, password, path = '/cam', timing = TIMING } = wish;
    const camera = await open(clip, login);
    onTestFinished(() => camera.close());
    const url = camera.url.replace('/cam', path);
    const user = login?.user ?? null;
    const source = { kind, url, user, password: password ?? login?.password ?? null };
    const watched = watch(source, timing);
    onTestFinished(() => watched.capture.stop());
    return { camera, expect, watched };
  }

  test.skipIf(missing !== null)(
    'pictures come as planar G, B, R, whole in the upper left of the net',
    async (context) => {
      const { expect, watched } = await begin(context);
      await expect.poll(watched.count, WAIT).toBeGreaterThan(5);
      const plane = NET.inputWidthPx * NET.inputHeightPx;
      const newest = watched.newest();
      const pixel = (x: number, y: number): readonly (number | undefined)[] =>
        [0, 1, 2].map((channel) => newest[channel * plane + y * NET.inputWidthPx + x]);
      expect(newest.length).toBe(3 * plane);
      const [green = 0, blue = 0, red = 0] = pixel(40, 64);
      expect(Math.abs(green - CLIP_COLOUR.green)).toBeLessThan(8);
      expect(Math.abs(blue - CLIP_COLOUR.blue)).toBeLessThan(8);
      expect(Math.abs(red - CLIP_COLOUR.red)).toBeLessThan(8);
      expect(pixel(NET.inputWidthPx - 4, 64)).toEqual([0, 0, 0]);
      expect(watched.faults).toEqual([]);
      expect(watched.capture.status.state).toBe('working');
    },
  );

  test.skipIf(missing !== null)(
    'a camera that loses power is one fault until its pictures are back',
    async (context) => {
      const { camera, expect, watched } = await begin(context);
      await expect.poll(watched.count, WAIT).toBeGreaterThan(0);
      await camera.drop();
      await expect.poll(() => watched.capture.status.restarts, WAIT).toBeGreaterThan(1);
      expect(watched.faults).toMatchObject([{ code: 'unreachable', active: true }]);
      const before = watched.count();
      await camera.restore();
      await expect.poll(watched.count, WAIT).toBeGreaterThan(before);
      expect(watched.faults).toMatchObject([
        { code: 'unreachable', active: true },
        { code: 'unreachable', active: false },
      ]);
    },
  );

  test.skipIf(missing !== null)(
    'a camera that hangs with its connection open is noticed and recovers',
    async (context) => {
      const { camera, expect, watched } = await begin(context, { timing: STALLING });
      await expect.poll(watched.count, WAIT).toBeGreaterThan(0);
      camera.freeze();
      await expect.poll(() => watched.faults, WAIT).toMatchObject([{ code: 'stalled', active: true }]);
      const before = watched.count();
      camera.unfreeze();
      await expect.poll(watched.count, WAIT).toBeGreaterThan(before);
      expect(watched.faults.at(-1)?.active).toBe(false);
    },
  );

  test.skipIf(missing !== null)('a wrong path is a fault that names the path', async (context) => {
    const { expect, watched } = await begin(context, { path: '/wrong' });
    await expect.poll(() => watched.faults, WAIT).toMatchObject([{ code: 'not-found', active: true }]);
    expect(watched.faults[0]?.detail).toContain('/wrong');
  });

  test.skipIf(missing !== null)('a wrong password is a fault that does not repeat it', async (context) => {
    const { expect, watched } = await begin(context, { login: LOGIN, password: 'not-the-password' });
    await expect.poll(() => watched.faults, WAIT).toMatchObject([{ code: 'unauthorized', active: true }]);
    expect(JSON.stringify([watched.faults, watched.capture.status])).not.toContain('not-the-password');
    expect(watched.count()).toBe(0);
  });

  test.skipIf(missing !== null)(
    'the right password opens the camera and stands in no argument list',
    async (context) => {
      const { expect, watched } = await begin(context, { login: LOGIN });
      await expect.poll(watched.count, WAIT).toBeGreaterThan(0);
      const lists = argumentLists();
      // Without this the check would pass when no process could be read.
      expect(lists).toContain('-codec_whitelist');
      expect(lists).not.toContain(LOGIN.password);
      expect(lists).not.toContain(encodeURIComponent(LOGIN.password));
      expect(lists).not.toContain(encodeURIComponent(LOGIN.user));
    },
  );
});
