import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { type CameraCapture, createCameraCapture } from '../../src/sensors/cameras/camera-capture.ts';
import { createEvidenceDesk, type EvidenceDesk } from '../../src/sensors/cameras/evidence/evidence-desk.ts';
import type { CameraSource } from '../../src/sensors/cameras/ffmpeg-invocation.ts';
import type { EvidencePlan } from '../../src/sensors/contract.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';
import { openRtspCamera, readAccessUnits } from '../../src/simulator/rtsp-camera.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';
import {
  type BreakableCamera,
  CLIP_FPS,
  CLIP_SIZE,
  makeClip,
  simulatedCamera,
  type TestClip,
} from './camera-servers.ts';

const NET = { inputWidthPx: 128, inputHeightPx: 96 };
const WAIT = { timeout: 30_000, interval: 100 };
const QUIET = ['-nostdin', '-loglevel', 'error', '-y'];

let folder: string;
let clip: TestClip;
let desk: EvidenceDesk;
let capture: CameraCapture;
let camera: BreakableCamera | null;
let said: Observation[];
let pictures: number;
beforeAll(() => {
  clip = makeClip();
});
afterAll(() => clip.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-evidence-'));
  camera = null;
  said = [];
  pictures = 0;
});
afterEach(async () => {
  await capture.stop();
  await desk.close();
  await camera?.close();
  rmSync(folder, { recursive: true });
});

interface Wish extends Partial<EvidencePlan> {
  readonly source?: CameraSource;
  readonly ffmpeg?: string;
}

/** A camera, its decoder and its evidence; in every picture the "detector" sees one person at the right. */
async function start({ source, ffmpeg = 'ffmpeg', ...over }: Wish = {}): Promise<void> {
  camera = source === undefined ? await simulatedCamera.open(clip) : null;
  const plan: EvidencePlan = {
    folder: join(folder, 'evidence'),
    maxBytes: 50_000_000,
    ringFolder: join(folder, 'ring'),
    ...{ beforeMs: 2000, afterMs: 1500, blur: 'none', ...over },
  };
  desk = createEvidenceDesk({ plan, ffmpeg, observe: (observations) => said.push(...observations) });
  const evidence = desk.camera({ id: 'cam', picture: CLIP_SIZE });
  capture = createCameraCapture({
    plan: {
      source: source ?? { kind: 'rtsp', url: camera?.url ?? '', user: null, password: null },
      framesPerSecond: 25,
    },
    placement: placePicture({ picture: CLIP_SIZE, crop: { x: 0, y: 0, ...CLIP_SIZE } }, NET),
    ...{ copy: evidence.copy, ffmpeg, timing: { retryFirstMs: 100 } },
    onFault: () => undefined,
    onFrame() {
      const frame = capture.take();
      if (frame === null) return;
      pictures += 1;
      evidence.saw(frame.atMs, [{ class: 'person', box: [340, 20, 460, 340] }]);
    },
  });
  capture.start();
}

/** Asks for evidence of now. */
function ask(incident: string): number {
  const atMs = monotonicMs();
  const times = { fromMs: atMs - 2000, atMs, toMs: atMs + 1500 };
  const marks = [
    { box: [40, 100, 200, 260] as [number, number, number, number], label: 'wrong-way 40 km/h' },
  ];
  const about = { camera: 'cam', lane: 'north-1', incidentKind: 'wrong-way' };
  desk.keep({ incident, ...about, ...times, marks, caption: ['test-cross cam north-1'] });
  return atMs;
}

const kept = () => said.flatMap((one) => (one.kind === 'evidence-kept' ? one.files : []));
const faults = () =>
  said.flatMap((one) => (one.kind === 'sensor-fault' ? [{ code: one.code, active: one.active }] : []));
const figures = () => desk.health().figures;
const pathOf = (name: string): string => join(folder, 'evidence', name);

async function filesOf(count: number) {
  await expect.poll(() => kept().length, WAIT).toBe(count);
  return kept();
}

interface Probe {
  readonly streams: readonly { codec_name: string; width: number; height: number }[];
  readonly format: { duration: string; start_time: string };
  readonly packets: readonly { flags: string; pts_time: string }[];
}
function probe(file: string): Probe {
  const what = ['-show_streams', '-show_format', '-show_packets', '-of', 'json'];
  return JSON.parse(execFileSync('ffprobe', ['-v', 'error', ...what, file]).toString()) as Probe;
}

/** Checksums of the coded pictures in a file, as they stand there. */
function pictureSums(file: string): string[] {
  const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const copy = (...how: string[]): Buffer =>
    execFileSync(
      'ffmpeg',
      ['-nostdin', '-loglevel', 'error', '-i', file, '-map', '0:v:0', '-c', 'copy', ...how, '-'],
      {
        maxBuffer: 64 * 1024 * 1024,
      },
    );
  const codec = probe(file).streams[0]?.codec_name ?? '';
  const slice = SLICES.get(codec);
  if (slice === undefined) {
    const lines = copy('-f', 'framemd5').toString().split('\n');
    return lines.flatMap((line) =>
      line === '' || line.startsWith('#') ? [] : [line.split(', ').at(-1) ?? ''],
    );
  }
  // Heads and delimiters may be repeated in one container and not in the other; the slices are the pictures.
  const stream = copy('-bsf:v', slice.filter, '-f', codec).toString('latin1');
  return stream
    .split('\0\0\x01')
    .filter((nal) => nal !== '' && slice.is(nal.charCodeAt(0)))
    .map((nal) => sum(Buffer.from(nal.endsWith('\0') ? nal.slice(0, -1) : nal, 'latin1')));
}
/** ITU-T H.264, table 7-1, and H.265, table 7-1. */
const SLICES = new Map([
  ['h264', { filter: 'h264_mp4toannexb', is: (first: number) => [1, 5].includes(first & 31) }],
  ['hevc', { filter: 'hevc_mp4toannexb', is: (first: number) => first >> 1 < 32 }],
]);

/** The pixels of an area of a picture, `width:height:x:y`. */
function pixelsOf(file: string, area: string, format: 'gray' | 'rgb24' = 'gray'): Buffer {
  const cropped = ['-i', file, '-vf', `crop=${area},format=${format}`, '-f', 'rawvideo', '-'];
  return execFileSync('ffmpeg', ['-nostdin', '-loglevel', 'error', ...cropped]);
}
function variance(values: Buffer): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

test('an incident leaves a picture and a clip of the very packets that the camera sent', async () => {
  await start();
  await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.3);
  const atMs = ask('test-cross/boot/1');
  const [picture, film] = await filesOf(2);
  expect(picture).toMatchObject({ kind: 'picture', name: 'test-cross-boot-1.jpg', fromMs: atMs, toMs: atMs });
  expect(film).toMatchObject({ kind: 'clip', name: 'test-cross-boot-1.mp4' });
  expect(film?.toMs).toBeGreaterThanOrEqual(atMs + 1500);
  expect(film?.fromMs).toBeLessThan(atMs);
  for (const { name, sha256, bytes } of kept()) {
    const stored = readFileSync(pathOf(name));
    expect(stored.length).toBe(bytes);
    expect(createHash('sha256').update(stored).digest('hex')).toBe(sha256);
  }

  const file = pathOf(film?.name ?? '');
  const { streams, format, packets } = probe(file);
  expect(streams).toMatchObject([
    { codec_name: 'h264', width: CLIP_SIZE.widthPx, height: CLIP_SIZE.heightPx },
  ]);
  expect(packets[0]?.flags).toMatch(/^K/);
  expect(Number(format.start_time)).toBe(0);
  const lastsMs = (film?.toMs ?? 0) - (film?.fromMs ?? 0);
  expect(Math.abs(Number(format.duration) * 1000 - lastsMs)).toBeLessThan(700);
  const bytes = readFileSync(file);
  expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));

  // Until it is told to play, the simulated camera repeats the first group of pictures.
  const sent = pictureSums(clip.mp4).slice(0, CLIP_FPS);
  const stored = pictureSums(file);
  expect(stored.length).toBeGreaterThan(50);
  const first = sent.indexOf(stored[0] ?? '');
  expect(stored).toEqual(stored.map((_, index) => sent[(first + index) % sent.length]));
  // The same pictures encoded once more are other packets: the comparison would notice.
  const again = join(folder, 'again.mp4');
  execFileSync('ffmpeg', [...QUIET, '-i', clip.mp4, '-c:v', 'libx264', '-preset', 'ultrafast', again]);
  expect(pictureSums(again).filter((sum) => sent.includes(sum))).toEqual([]);

  const [stream] = probe(pathOf(picture?.name ?? '')).streams;
  expect(stream).toMatchObject({ codec_name: 'mjpeg', width: CLIP_SIZE.widthPx, height: CLIP_SIZE.heightPx });
  // The camera's left half is blue; the mark is red, with a label of black and white above it.
  const marked = pathOf(picture?.name ?? '');
  const redIn = (area: string): number =>
    Math.max(...pixelsOf(marked, area, 'rgb24').filter((_, at) => at % 3 === 0));
  expect(redIn('4:60:37:150')).toBeGreaterThan(150);
  expect(redIn('60:60:80:150')).toBeLessThan(90);
  expect(variance(pixelsOf(marked, '100:8:42:89'))).toBeGreaterThan(1000);
  expect(faults()).toEqual([]);
});

describe.each([
  ['h265', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=25'], 'hevc'],
  ['MJPEG', ['-c:v', 'mjpeg', '-q:v', '5', '-pix_fmt', 'yuvj420p'], 'mjpeg'],
  ['MPEG-4', ['-c:v', 'mpeg4', '-g', '25'], 'mpeg4'],
  ['H.264 with B pictures', ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25'], 'h264'],
])('a camera with %s', (_name, coding, codec) => {
  test('is copied as it comes', async () => {
    const path = join(folder, 'coded.mkv');
    execFileSync('ffmpeg', [...QUIET, '-i', clip.mp4, ...coding, path]);
    await start({ source: { kind: 'file', path, loop: true } });
    await expect.poll(() => pictures, WAIT).toBeGreaterThan(60);
    ask('a/b/1');
    const [picture, film] = await filesOf(2);
    expect(picture?.kind).toBe('picture');
    const { streams, packets } = probe(pathOf(film?.name ?? ''));
    expect(streams[0]?.codec_name).toBe(codec);
    expect(packets[0]?.flags).toMatch(/^K/);
    const sent = new Set(pictureSums(path));
    const stored = pictureSums(pathOf(film?.name ?? ''));
    expect(stored.length).toBeGreaterThan(50);
    expect(stored.filter((sum) => !sent.has(sum))).toEqual([]);
    expect(faults()).toEqual([]);
  });
});

test('a camera whose clock is set meanwhile leaves a clip that plays on evenly', async () => {
  const jumping = await openRtspCamera({
    accessUnits: await readAccessUnits(clip.mp4),
    framesPerSecond: CLIP_FPS,
  });
  try {
    await start({ source: { kind: 'rtsp', url: jumping.url, user: null, password: null } });
    await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.2);
    jumping.jumpClock(3_600_000);
    const before = pictures;
    await expect.poll(() => pictures, WAIT).toBeGreaterThan(before + 20);
    jumping.jumpClock(-7_000_000);
    ask('a/b/1');
    const film = (await filesOf(2)).find(({ kind }) => kind === 'clip');
    const times = probe(pathOf(film?.name ?? '')).packets.map(({ pts_time }) => Number(pts_time));
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(times.length).toBeGreaterThan(50);
    expect(Math.min(...steps)).toBeGreaterThan(0.03);
    expect(Math.max(...steps)).toBeLessThan(0.05);
    expect(faults()).toEqual([]);
  } finally {
    await jumping.close();
  }
});

test('by the policy faces and plates are blurred, and no clip is kept', async () => {
  await start({ blur: 'faces-and-plates' });
  await expect.poll(() => pictures, WAIT).toBeGreaterThan(30);
  ask('a/b/1');
  const [picture] = await filesOf(1);
  const file = pathOf(picture?.name ?? '');
  // The moving half is full of noise: a patch of the head is flat, the body below it is not.
  const head = Math.min(...[24, 54, 84].map((y) => variance(pixelsOf(file, `8:8:356:${y}`))));
  expect(head).toBeLessThan(30);
  expect(variance(pixelsOf(file, '8:8:356:200'))).toBeGreaterThan(60);
  await expect.poll(() => figures()['pendingIncidents'], WAIT).toBe(0);
  expect(readdirSync(join(folder, 'evidence'))).toEqual(['a-b-1.jpg']);
});

test('where nobody looked, the policy keeps nothing at all', async () => {
  await start({ blur: 'faces-and-plates' });
  await expect.poll(() => pictures, WAIT).toBeGreaterThan(30);
  const atMs = monotonicMs() - 1500;
  desk.keep({
    ...{
      incident: 'a/b/1',
      camera: 'cam',
      lane: 'north-1',
      incidentKind: 'wrong-way',
      marks: [],
      caption: [],
    },
    ...{ fromMs: atMs - 60_000, atMs: atMs - 60_000, toMs: atMs - 60_000 },
  });
  await expect.poll(() => figures()['pendingIncidents'], WAIT).toBe(0);
  expect(kept()).toEqual([]);
  expect(figures()['missedFiles']).toBe(1);
});

test('a camera that goes before the clip is whole leaves what came, and says how much', async () => {
  await start();
  await expect.poll(() => pictures, WAIT).toBeGreaterThan(60);
  const atMs = monotonicMs() - 200;
  const times = { fromMs: atMs - 1000, atMs, toMs: atMs + 30_000 };
  const about = { camera: 'cam', lane: 'north-1', incidentKind: 'wrong-way' };
  await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.3);
  desk.keep({ incident: 'a/b/1', ...about, ...times, marks: [], caption: [] });
  await filesOf(1);
  await camera?.drop();
  const [, film] = await filesOf(2);
  expect(film?.toMs).toBeLessThan(atMs + 30_000);
  expect(film?.toMs).toBeGreaterThan(atMs);
});

test('a ring that cannot be written is a fault until it can; pictures come all the while', async () => {
  const ringFolder = join(folder, 'ring');
  writeFileSync(ringFolder, 'a file where the folder should be');
  await start({ ringFolder });
  await expect.poll(faults, WAIT).toEqual([{ code: 'evidence-refused', active: true }]);
  const before = pictures;
  await expect.poll(() => pictures, WAIT).toBeGreaterThan(before + 25);
  expect(capture.status).toMatchObject({ state: 'working', restarts: 0 });
  rmSync(ringFolder);
  await expect.poll(() => faults().at(-1), WAIT).toEqual({ code: 'evidence-refused', active: false });
  await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.3);
  ask('a/b/1');
  await filesOf(2);
});

test('a ring on a disk that hangs stalls no picture', async () => {
  await start();
  const ring = join(folder, 'ring', 'cam');
  await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.2);
  // Who opens a pipe for writing hangs until somebody reads, as in a file system that no longer answers.
  const newest = Math.max(...readdirSync(ring).map((name) => Number.parseInt(name, 10)));
  const hanging = Array.from({ length: 60 }, (_, index) => join(ring, `${newest + 1 + index}.fragment`));
  execFileSync(
    'mkfifo',
    hanging.filter((name) => !existsSync(name)),
  );
  const before = pictures;
  await expect.poll(() => pictures, WAIT).toBeGreaterThan(before + 100);
  expect(capture.status).toMatchObject({ state: 'working', restarts: 0 });
  expect(faults()).toEqual([]);
  const readers = hanging.map((name) => spawn('cat', [name], { stdio: 'ignore' }));
  await capture.stop();
  await desk.close();
  for (const reader of readers) reader.kill();
});

/** A file system of one megabyte, or null where this may not be made. */
function smallDisk(): string | null {
  const place = join(folder, 'small');
  mkdirSync(place);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' });
    return place;
  } catch {
    return null;
  }
}

test('a full disk is a fault that ends when there is room; pictures come all the while', async (context) => {
  const place = smallDisk();
  if (place === null) context.skip('a small file system may not be mounted here');
  try {
    const ballast = join(place ?? '', 'ballast');
    writeFileSync(ballast, Buffer.alloc(900_000));
    await start({ folder: join(place ?? '', 'evidence') });
    await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.3);
    ask('a/b/1');
    await expect.poll(faults, WAIT).toEqual([{ code: 'evidence-refused', active: true }]);
    await expect.poll(() => figures()['pendingIncidents'], WAIT).toBe(0);
    expect(readdirSync(join(place ?? '', 'evidence')).filter((name) => name.endsWith('.part'))).toEqual([]);
    const before = pictures;
    await expect.poll(() => pictures, WAIT).toBeGreaterThan(before + 25);
    expect(capture.status.restarts).toBe(0);
    rmSync(ballast);
    ask('a/b/2');
    await expect.poll(() => faults().at(-1), WAIT).toEqual({ code: 'evidence-refused', active: false });
  } finally {
    await capture.stop();
    await desk.close();
    execFileSync('umount', ['-l', place ?? '']);
  }
});

test('a stream that ffmpeg cannot copy is seen all the same, and the missing evidence is a fault', async () => {
  const ffmpeg = join(folder, 'ffmpeg-that-cannot-copy');
  const refusal =
    'Could not write header for output file #1 (incorrect codec parameters ?): Invalid argument';
  writeFileSync(
    ffmpeg,
    `#!/bin/sh\ncase "$*" in *pipe:3*) echo "${refusal}" >&2; exit 1;; esac\nexec ffmpeg "$@"\n`,
  );
  chmodSync(ffmpeg, 0o755);
  await start({ ffmpeg });
  await expect.poll(() => pictures, WAIT).toBeGreaterThan(10);
  expect(faults()).toEqual([{ code: 'evidence-refused', active: true }]);
  expect(capture.status).toMatchObject({ state: 'working', restarts: 1 });
});

test('the ring holds no more than it may, and what a power cut left is gone', async () => {
  const ring = join(folder, 'ring', 'cam');
  mkdirSync(ring, { recursive: true });
  for (const name of ['1.fragment', '99999.fragment'])
    writeFileSync(join(ring, name), Buffer.alloc(5_000_000));
  await start();
  const onDisk = (): number => {
    const sizes = readdirSync(ring).map(
      (name) => statSync(join(ring, name), { throwIfNoEntry: false })?.size ?? 0,
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.1);
  expect(onDisk()).toBeLessThan(5_000_000);
  await capture.stop();
  await desk.close();
  expect(readdirSync(ring)).toEqual([]);
  expect(existsSync(join(folder, 'evidence'))).toBe(true);
});
