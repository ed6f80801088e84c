import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import {
  type CameraCapture,
  type CameraCaptureOptions,
  type CaptureFault,
  createCameraCapture,
} from '../../src/sensors/cameras/camera-capture.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';
import { openRtspCamera, readAccessUnits } from '../../src/simulator/rtsp-camera.ts';
import {
  type BreakableCamera,
  CLIP_FPS,
  CLIP_SIZE,
  makeClip,
  simulatedCamera,
  type TestClip,
} from './camera-servers.ts';

const PLACEMENT = placePicture(
  { picture: CLIP_SIZE, crop: { x: 0, y: 0, ...CLIP_SIZE } },
  { inputWidthPx: 128, inputHeightPx: 96 },
);
const WAIT = { timeout: 60_000, interval: 100 };
const CAPTURE_MODULE = fileURLToPath(new URL('../../src/sensors/cameras/camera-capture.ts', import.meta.url));

let clip: TestClip;
let camera: BreakableCamera | null = null;
let capture: CameraCapture | null = null;
let owner: ChildProcess | null = null;

beforeAll(() => {
  clip = makeClip();
});
afterAll(() => clip.remove());
afterEach(async () => {
  await capture?.stop();
  owner?.kill('SIGKILL');
  await camera?.close();
  capture = null;
  owner = null;
  camera = null;
});

interface Seen {
  readonly atMs: number[];
  readonly faults: CaptureFault[];
}

function watch(options: Omit<CameraCaptureOptions, 'placement' | 'onFrame' | 'onFault'>): Seen {
  const seen: Seen = { atMs: [], faults: [] };
  const started = createCameraCapture({
    ...options,
    placement: PLACEMENT,
    onFault: (fault) => seen.faults.push(fault),
    onFrame() {
      const frame = started.take();
      if (frame !== null) seen.atMs.push(frame.atMs);
    },
  });
  capture = started;
  started.start();
  return seen;
}

/** ffmpeg children of a process. */
function decodersOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const isDecoder = (child: string): boolean => {
    try {
      return readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'ffmpeg';
    } catch {
      return false;
    }
  };
  return children.filter((child) => child !== '' && isDecoder(child)).map(Number);
}

test('a recording plays at its own speed, again and again', async () => {
  const source = { kind: 'file', path: clip.mp4, loop: true } as const;
  const seen = watch({ plan: { source, framesPerSecond: CLIP_FPS } });
  // More than one showing of its 50 pictures.
  await expect.poll(() => seen.atMs.length, WAIT).toBeGreaterThan(80);
  const [first = 0, last = 0] = [seen.atMs[5], seen.atMs[80]];
  expect(75 / ((last - first) / 1000)).toBeLessThan(CLIP_FPS * 1.2);
  expect(seen.faults).toEqual([]);
  expect(capture?.status.restarts).toBe(0);
});

test('a recording that is not repeated ends with a fault and is not started again', async () => {
  const source = { kind: 'file', path: clip.mp4, loop: false } as const;
  const seen = watch({
    plan: { source, framesPerSecond: 5 },
    timing: { retryFirstMs: 50, retryLimitMs: 50 },
  });
  await expect.poll(() => seen.faults, WAIT).toMatchObject([{ code: 'ended', active: true }]);
  const endedAtMs = monotonicMs();
  await expect.poll(() => monotonicMs() - endedAtMs, WAIT).toBeGreaterThan(500);
  expect(capture?.status).toMatchObject({ state: 'failing', restarts: 0 });
});

test('a camera that shows one picture a second is seen from its first pictures on', async () => {
  const accessUnits = (await readAccessUnits(clip.mp4)).filter(({ key }) => key);
  const served = await openRtspCamera({ accessUnits, framesPerSecond: 1 });
  camera = served;
  const source = { kind: 'rtsp', url: served.url, user: null, password: null } as const;
  const seen = watch({ plan: { source, framesPerSecond: 10 } });
  await expect.poll(() => seen.atMs.length, WAIT).toBeGreaterThan(2);
  // It would be a stall if ffmpeg measured the rate first, which takes it some twenty pictures.
  expect(seen.faults).toEqual([]);
});

test('a missing recording is a fault that names the file', async () => {
  const source = { kind: 'file', path: '/nowhere/clip.mp4', loop: true } as const;
  const seen = watch({ plan: { source, framesPerSecond: 5 } });
  await expect.poll(() => seen.faults, WAIT).toMatchObject([{ code: 'not-found', active: true }]);
  expect(seen.faults[0]?.detail).toContain('/nowhere/clip.mp4');
});

test('a file without video is a fault', async () => {
  const source = { kind: 'file', path: CAPTURE_MODULE, loop: true } as const;
  const seen = watch({ plan: { source, framesPerSecond: 5 } });
  await expect.poll(() => seen.faults, WAIT).toMatchObject([{ code: 'no-decoder', active: true }]);
});

test.each(['/nowhere/ffmpeg', '/tmp', '/etc/passwd', '/etc/passwd/ffmpeg'])(
  'an ffmpeg that cannot be started is one fault, however often it is tried: %s',
  async (ffmpeg) => {
    const source = { kind: 'file', path: clip.mp4, loop: true } as const;
    const timing = { retryFirstMs: 20, retryLimitMs: 20 };
    const seen = watch({ plan: { source, framesPerSecond: 5 }, ffmpeg, timing });
    await expect.poll(() => capture?.status.restarts, WAIT).toBeGreaterThan(3);
    expect(seen.faults).toMatchObject([{ code: 'ffmpeg-missing', active: true }]);
  },
);

test('a process that is out of files opens a fault, and its camera once there are some', async () => {
  const source = { kind: 'file', path: clip.mp4, loop: true };
  const program = `
    import { closeSync, openSync } from 'node:fs';
    import { createCameraCapture } from ${JSON.stringify(CAPTURE_MODULE)};
    const held = [];
    try { for (;;) held.push(openSync('/dev/null')); } catch {}
    const capture = createCameraCapture({
      plan: ${JSON.stringify({ source, framesPerSecond: 10 })},
      placement: ${JSON.stringify(PLACEMENT)},
      timing: { firstFrameWithinMs: 60_000, stallAfterMs: 60_000, retryFirstMs: 50, retryLimitMs: 50 },
      onFrame: () => void capture.take(),
      onFault({ code, detail, active }) {
        process.stdout.write(code + ' ' + active + ' ' + detail + '\\n');
        if (active) for (const each of held.splice(0)) closeSync(each);
      },
    });
    process.stdout.write('held ' + held.length + '\\n');
    capture.start();`;
  const limited = ['-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath];
  const started = spawn('sh', [...limited, '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owner = started;
  let told = '';
  started.stdout.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  const ends = /ffmpeg-missing true cannot start ffmpeg \(.*EMFILE\): .*out of .*\nffmpeg-missing false/;
  await expect.poll(() => told, WAIT).toMatch(ends);
});

test('an ffmpeg that hangs and ignores requests is killed and replaced', async () => {
  camera = await simulatedCamera.open(clip);
  const source = { kind: 'rtsp', url: camera.url, user: null, password: null } as const;
  const timing = { stallAfterMs: 1500, killAfterMs: 300, retryFirstMs: 100 };
  const seen = watch({ plan: { source, framesPerSecond: 10 }, timing });
  await expect.poll(() => seen.atMs.length, WAIT).toBeGreaterThan(0);
  const [hung = 0] = decodersOf(process.pid);
  process.kill(hung, 'SIGSTOP');
  await expect.poll(() => seen.faults.map((fault) => fault.active), WAIT).toEqual([true, false]);
  expect(seen.faults[0]?.code).toBe('stalled');
  expect(existsSync(`/proc/${hung}`)).toBe(false);
});

test.each(['playing', 'frozen'])(
  'kill -9 of the process leaves no ffmpeg behind, with the camera %s',
  async (how) => {
    const served = await simulatedCamera.open(clip);
    camera = served;
    const source = { kind: 'rtsp', url: served.url, user: null, password: null };
    const program = `
    import { createCameraCapture } from ${JSON.stringify(CAPTURE_MODULE)};
    createCameraCapture({
      plan: ${JSON.stringify({ source, framesPerSecond: 10 })},
      placement: ${JSON.stringify(PLACEMENT)},
      timing: { stallAfterMs: 60_000, socketTimeoutMs: 1000 },
      onFrame: () => process.stdout.write('frame '),
      onFault: () => undefined,
    }).start();`;
    const started = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    owner = started;
    await new Promise((resolve) => started.stdout.once('data', resolve));
    const decoders = decodersOf(started.pid ?? 0);
    expect(decoders).toHaveLength(1);
    if (how === 'frozen') served.freeze();
    started.kill('SIGKILL');
    await expect.poll(() => decoders.filter((pid) => existsSync(`/proc/${pid}`)), WAIT).toEqual([]);
  },
);
