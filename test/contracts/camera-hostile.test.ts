import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type CameraCapture,
  type CaptureFault,
  type CaptureTiming,
  createCameraCapture,
} from '../../src/sensors/cameras/camera-capture.ts';
import type { CameraSource } from '../../src/sensors/cameras/ffmpeg-invocation.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';
import { openRtspCamera, readAccessUnits } from '../../src/simulator/rtsp-camera.ts';
import {
  type BreakableCamera,
  CLIP_FPS,
  CLIP_SIZE,
  gstreamerCamera,
  makeClip,
  makeSwitchingClip,
  simulatedCamera,
  type TestClip,
} from './camera-servers.ts';

const NET = { inputWidthPx: 128, inputHeightPx: 96 };
const WAIT = { timeout: 60_000, interval: 100 };
const TIMING = { retryFirstMs: 100, retryLimitMs: 500 };
/** An attacker is not waited for as long as a camera that starts. */
const IMPATIENT = { ...TIMING, firstFrameWithinMs: 2000, stallAfterMs: 2000 };
/** Of a decoder with an ordinary stream about 60 MiB. */
const MEMORY_LIMIT_MIB = 400;

let clip: TestClip;
let switching: TestClip;
let other: TestClip;
const opened: { close(): Promise<void> }[] = [];
beforeAll(() => {
  clip = makeClip();
  switching = makeSwitchingClip();
  const size = { widthPx: 1280, heightPx: 720 };
  other = makeClip({ ...size, colour: '0xC02040', coding: 'h265', framesPerSecond: 8 });
});
afterAll(() => {
  for (const each of [clip, switching, other]) each.remove();
});
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

interface Watched {
  readonly capture: CameraCapture;
  readonly faults: CaptureFault[];
  readonly reds: number[];
}

function watch(source: CameraSource, timing: Partial<CaptureTiming> = TIMING): Watched {
  const faults: CaptureFault[] = [];
  const reds: number[] = [];
  const capture = createCameraCapture({
    plan: { source, framesPerSecond: 25 },
    placement: placePicture({ picture: CLIP_SIZE, crop: { x: 0, y: 0, ...CLIP_SIZE } }, NET),
    timing,
    // As in service: the copied stream is the same decoder's second output.
    copy: { begin: () => undefined, write: () => undefined, refused: () => undefined },
    onFault: (fault) => faults.push(fault),
    onFrame() {
      const pixels = capture.take()?.pixels;
      if (pixels === undefined) return;
      reds.push(pixels[2 * NET.inputWidthPx * NET.inputHeightPx + 20 * NET.inputWidthPx + 20] ?? 0);
    },
  });
  capture.start();
  opened.push({ close: () => capture.stop() });
  return { capture, faults, reds };
}

/** The most memory that any ffmpeg of this process takes now, MiB. */
function decoderMemoryMib(): number {
  const status = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/status`, 'utf8');
    } catch {
      return '';
    }
  };
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(status)
    .filter((text) => text.includes('Name:\tffmpeg') && text.includes(`PPid:\t${process.pid}\n`));
  const peaks = children.map((text) => Number(/VmHWM:\s+(\d+) kB/.exec(text)?.[1] ?? 0) / 1024);
  return Math.max(0, ...peaks);
}

const CHUNK = Buffer.alloc(256 * 1024, 'garbage ');
const HTTP_OK = 'HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n';
const part = (length: number): string =>
  `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`;
/** Start of image, and a frame header that announces 65500 x 65500 pixels in three components. */
const HUGE_JPEG = Buffer.from(
  `ffd8ffc0001108${'ffdc'.repeat(2)}03012200021101031101${'00'.repeat(64)}ffd9`,
  'hex',
);

interface Attack {
  readonly what: string;
  readonly kind: 'rtsp' | 'http-mjpeg';
  readonly greeting: Buffer;
  /** Sent again and again. */
  readonly flood: Buffer;
}

const ATTACKS: readonly Attack[] = [
  { what: 'garbage for an HTTP answer', kind: 'http-mjpeg', greeting: CHUNK, flood: CHUNK },
  {
    what: 'an HTTP header without end',
    kind: 'http-mjpeg',
    greeting: Buffer.from('HTTP/1.1 200 OK\r\n'),
    flood: Buffer.from('X-More: and more\r\n'.repeat(1000)),
  },
  {
    what: 'a picture header without end',
    kind: 'http-mjpeg',
    greeting: Buffer.from(`${HTTP_OK}--b\r\n`),
    flood: Buffer.from('X-More: and more\r\n'.repeat(1000)),
  },
  {
    what: 'a picture of 2 GB',
    kind: 'http-mjpeg',
    greeting: Buffer.from(`${HTTP_OK}${part(2 ** 31 - 1)}`),
    flood: CHUNK,
  },
  {
    what: 'a picture of 4 billion pixels',
    kind: 'http-mjpeg',
    greeting: Buffer.from(HTTP_OK),
    flood: Buffer.concat([Buffer.from(part(HUGE_JPEG.length)), HUGE_JPEG, Buffer.from('\r\n')]),
  },
  { what: 'garbage for an RTSP answer', kind: 'rtsp', greeting: CHUNK, flood: CHUNK },
  {
    what: 'an RTSP description without end',
    kind: 'rtsp',
    greeting: Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2000000000\r\n\r\n'),
    flood: CHUNK,
  },
];

/** Answers whoever connects with the attack, as fast as it is taken. */
async function openAttacker({ greeting, flood }: Attack): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    const send = (): void => {
      while (!socket.destroyed && socket.write(flood));
    };
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('drain', send).once('data', () => {
      socket.write(greeting);
      send();
    });
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function openSound(): Promise<BreakableCamera> {
  const camera = await simulatedCamera.open(clip);
  opened.push(camera);
  return camera;
}

test.each(ATTACKS)('$what ends its decoder, within bounds, and no other', async (attack) => {
  const neighbour = watch({ kind: 'rtsp', url: (await openSound()).url, user: null, password: null });
  await expect.poll(() => neighbour.reds.length, WAIT).toBeGreaterThan(0);
  const { port } = await openAttacker(attack);
  const scheme = attack.kind === 'rtsp' ? 'rtsp' : 'http';
  const url = `${scheme}://127.0.0.1:${port}/cam`;
  const attacked = watch({ kind: attack.kind, url, user: null, password: null }, IMPATIENT);
  let peakMib = 0;
  const restarts = (): number => {
    peakMib = Math.max(peakMib, decoderMemoryMib());
    return attacked.capture.status.restarts;
  };
  await expect.poll(restarts, WAIT).toBeGreaterThan(0);
  expect(attacked.reds).toEqual([]);
  // A decoder that fails over the copied stream is tried without it first.
  await expect.poll(() => attacked.faults.at(-1)?.active, WAIT).toBe(true);
  expect(peakMib).toBeGreaterThan(0);
  expect(peakMib).toBeLessThan(MEMORY_LIMIT_MIB);
  const before = neighbour.reds.length;
  await expect.poll(() => neighbour.reds.length, WAIT).toBeGreaterThan(before);
  expect(neighbour.faults).toEqual([]);
});

/** The first bytes of NAL units, ITU-T H.265 table 7-1: an IDR picture and a delimiter. */
const [H265_IDR, H265_DELIMITER] = [0x28, 0x46];

const gstreamer = gstreamerCamera('basic');
test.skipIf(gstreamer.missing !== null)(
  'a camera that changes the size of its pictures goes on being seen, in the same place',
  async () => {
    const camera = await gstreamer.open(switching);
    opened.push(camera);
    const watched = watch({ kind: 'rtsp', url: camera.url, user: null, password: null });
    /** How often the colour of the left half has changed: 0x20 in the small clip, 0xC0 in the large one. */
    const changes = (): number => {
      const large = watched.reds.map((red) => red > 0x70);
      return large.filter((isLarge, at) => at > 0 && isLarge !== large[at - 1]).length;
    };
    await expect.poll(changes, WAIT).toBeGreaterThan(2);
    expect(watched.faults).toEqual([]);
    expect(watched.capture.status.restarts).toBe(0);
    for (const red of watched.reds)
      expect(Math.min(Math.abs(red - 0x20), Math.abs(red - 0xc0))).toBeLessThan(12);
  },
);

test.skipIf(gstreamer.missing !== null)(
  'a camera that is set from H.264 to H.265, to another size and rate goes on being seen, whole and in the same place',
  async () => {
    const camera = await gstreamer.open(clip);
    opened.push(camera);
    const watched = watch({ kind: 'rtsp', url: camera.url, user: null, password: null });
    await expect.poll(() => watched.reds.length, WAIT).toBeGreaterThan(10);
    await camera.drop();
    await camera.restore({ clip: other, framesPerSecond: 8 });
    const ofOther = (): number => watched.reds.filter((red) => Math.abs(red - 0xc0) < 12).length;
    await expect.poll(ofOther, WAIT).toBeGreaterThan(10);
    const ofFirst = watched.reds.filter((red) => Math.abs(red - 0x20) < 12).length;
    expect(ofFirst + ofOther()).toBe(watched.reds.length);
    expect(watched.faults.at(-1)).toMatchObject({ code: 'unreachable', active: false });
  },
);

test.skipIf(gstreamer.missing !== null)(
  'what a camera shows first is seen, however seldom it sends a key picture',
  async () => {
    const rare = { ...CLIP_SIZE, colour: '0xC02040', framesPerSecond: 10, seconds: 60, keyEvery: 600 };
    for (const coding of ['h264', 'h265'] as const) {
      const once = makeClip({ ...rare, coding });
      opened.push({ close: async () => once.remove() });
      const camera = await gstreamer.open(once, undefined, rare);
      opened.push(camera);
      const watched = watch({ kind: 'rtsp', url: camera.url, user: null, password: null });
      // Who misses the first key picture has nothing before a minute is over, and is told to start anew before that.
      await expect.poll(() => watched.reds.length, WAIT).toBeGreaterThan(10);
      expect(watched.capture.status.restarts).toBe(0);
    }
  },
);

test.skipIf(gstreamer.missing !== null)(
  'a camera that is joined between two key pictures is seen whole',
  async () => {
    const look = { ...CLIP_SIZE, colour: '0xC02040', framesPerSecond: 8, keyEvery: 8 };
    const late = makeClip({ ...look, coding: 'h265' });
    opened.push({ close: async () => late.remove() });
    const stream = readFileSync(late.stream);
    const key = stream.indexOf(Buffer.from([0, 0, 1, H265_IDR]));
    const next = stream.indexOf(Buffer.from([0, 0, 0, 1, H265_DELIMITER]), key);
    expect(next).toBeGreaterThan(key);
    writeFileSync(late.stream, Buffer.concat([stream.subarray(0, key), stream.subarray(next)]));
    const camera = await gstreamer.open(late, undefined, look);
    opened.push(camera);
    const watched = watch({ kind: 'rtsp', url: camera.url, user: null, password: null });
    await expect.poll(() => watched.reds.length, WAIT).toBeGreaterThan(4);
    expect(Math.abs((watched.reds[0] ?? 0) - 0xc0)).toBeLessThan(12);
  },
);

test('what is not of the announced coding any more is no picture, and a fault until it is', async () => {
  const units = await readAccessUnits(clip.mp4);
  const foreign = readFileSync(other.stream)
    .toString('latin1')
    .split('\0\0\x01')
    .slice(1)
    .map((nal) => ({ nals: [Buffer.from(nal, 'latin1')], key: false }));
  const longEnough = Array.from({ length: Math.ceil((8 * CLIP_FPS) / foreign.length) }, () => foreign).flat();
  const camera = await openRtspCamera({ accessUnits: [...units, ...longEnough], framesPerSecond: CLIP_FPS });
  opened.push(camera);
  const watched = watch({ kind: 'rtsp', url: camera.url, user: null, password: null });
  await expect.poll(() => watched.reds.length, WAIT).toBeGreaterThan(10);
  camera.play();
  await expect.poll(() => watched.faults.map(({ code }) => code), WAIT).toContain('stalled');
  await expect.poll(() => watched.faults.at(-1)?.active, WAIT).toBe(false);
  for (const red of watched.reds) expect(Math.abs(red - 0x20)).toBeLessThan(12);
});
