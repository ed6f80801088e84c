import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { openRtspCamera, readAccessUnits } from '../../src/simulator/rtsp-camera.ts';
import {
  makeHome,
  openEvidenceStand,
  outputOf,
  pictureSums,
  pixelsOf,
  probe,
  QUIET,
  variance,
  WAIT,
} from './camera-evidence-stand.ts';
import { CLIP_FPS, CLIP_SIZE, makeClip, type TestClip } from './camera-servers.ts';

let clip: TestClip;
beforeAll(() => {
  clip = makeClip();
});
afterAll(() => clip.remove());

test.concurrent('an incident leaves a picture and a clip of the very packets that the camera sent', async (context) => {
  const { ask, expect, faults, figures, filesOf, home, kept, pathOf } = await openEvidenceStand(context, {
    shows: clip,
  });
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
  const { streams, format, packets } = await probe(file);
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
  const sent = (await pictureSums(clip.mp4)).slice(0, CLIP_FPS);
  const stored = await pictureSums(file);
  expect(stored.length).toBeGreaterThan(50);
  const first = sent.indexOf(stored[0] ?? '');
  expect(stored).toEqual(stored.map((_, index) => sent[(first + index) % sent.length]));
  // The same pictures encoded once more are other packets: the comparison would notice.
  const again = join(home, 'again.mp4');
  await outputOf('ffmpeg', [...QUIET, '-i', clip.mp4, '-c:v', 'libx264', '-preset', 'ultrafast', again]);
  expect((await pictureSums(again)).filter((sum) => sent.includes(sum))).toEqual([]);

  const marked = pathOf(picture?.name ?? '');
  const [stream] = (await probe(marked)).streams;
  expect(stream).toMatchObject({ codec_name: 'mjpeg', width: CLIP_SIZE.widthPx, height: CLIP_SIZE.heightPx });
  // The camera's left half is blue; the mark is red, with a label of black and white above it.
  const redIn = async (area: string): Promise<number> =>
    Math.max(...(await pixelsOf(marked, area, 'rgb24')).filter((_, at) => at % 3 === 0));
  expect(await redIn('4:60:37:150')).toBeGreaterThan(150);
  expect(await redIn('60:60:80:150')).toBeLessThan(90);
  expect(variance(await pixelsOf(marked, '100:8:42:89'))).toBeGreaterThan(1000);
  expect(faults()).toEqual([]);
});

describe.concurrent.each([
  ['h265', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=25'], 'hevc'],
  ['MJPEG', ['-c:v', 'mjpeg', '-q:v', '5', '-pix_fmt', 'yuvj420p'], 'mjpeg'],
  ['MPEG-4', ['-c:v', 'mpeg4', '-g', '25'], 'mpeg4'],
  ['H.264 with B pictures', ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25'], 'h264'],
])('a camera with %s', (_name, coding, codec) => {
  test('is copied as it comes', async (context) => {
    const home = makeHome(context);
    const path = join(home, 'coded.mkv');
    await outputOf('ffmpeg', [...QUIET, '-i', clip.mp4, ...coding, path]);
    const shows = { kind: 'file', path, loop: true } as const;
    const { ask, expect, faults, filesOf, pathOf, pictures } = await openEvidenceStand(context, {
      shows,
      home,
    });
    await expect.poll(pictures, WAIT).toBeGreaterThan(60);
    ask('a/b/1');
    const [picture, film] = await filesOf(2);
    expect(picture?.kind).toBe('picture');
    const { streams, packets } = await probe(pathOf(film?.name ?? ''));
    expect(streams[0]?.codec_name).toBe(codec);
    expect(packets[0]?.flags).toMatch(/^K/);
    const sent = new Set(await pictureSums(path));
    const stored = await pictureSums(pathOf(film?.name ?? ''));
    expect(stored.length).toBeGreaterThan(50);
    expect(stored.filter((sum) => !sent.has(sum))).toEqual([]);
    expect(faults()).toEqual([]);
  });
});

test.concurrent('a camera whose clock is set meanwhile leaves a clip that plays on evenly', async (context) => {
  const jumping = await openRtspCamera({
    accessUnits: await readAccessUnits(clip.mp4),
    framesPerSecond: CLIP_FPS,
  });
  try {
    const shows = { kind: 'rtsp', url: jumping.url, user: null, password: null } as const;
    const { ask, expect, faults, figures, filesOf, pathOf, pictures } = await openEvidenceStand(context, {
      shows,
    });
    await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.2);
    jumping.jumpClock(3_600_000);
    const before = pictures();
    await expect.poll(pictures, WAIT).toBeGreaterThan(before + 20);
    jumping.jumpClock(-7_000_000);
    ask('a/b/1');
    const film = (await filesOf(2)).find(({ kind }) => kind === 'clip');
    const { packets } = await probe(pathOf(film?.name ?? ''));
    const times = packets.map(({ pts_time }) => Number(pts_time));
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(times.length).toBeGreaterThan(50);
    expect(Math.min(...steps)).toBeGreaterThan(0.03);
    expect(Math.max(...steps)).toBeLessThan(0.05);
    expect(faults()).toEqual([]);
  } finally {
    await jumping.close();
  }
});

test.concurrent('by the policy faces and plates are blurred, and no clip is kept', async (context) => {
  const blur = 'faces-and-plates' as const;
  const { ask, expect, figures, filesOf, home, pathOf, pictures } = await openEvidenceStand(context, {
    shows: clip,
    blur,
  });
  await expect.poll(pictures, WAIT).toBeGreaterThan(30);
  ask('a/b/1');
  const [picture] = await filesOf(1);
  const file = pathOf(picture?.name ?? '');
  // The moving half is full of noise: a patch of the head is flat, the body below it is not.
  const patches = await Promise.all([24, 54, 84].map((y) => pixelsOf(file, `8:8:356:${y}`)));
  const head = Math.min(...patches.map(variance));
  expect(head).toBeLessThan(30);
  expect(variance(await pixelsOf(file, '8:8:356:200'))).toBeGreaterThan(60);
  await expect.poll(() => figures()['pendingIncidents'], WAIT).toBe(0);
  expect(readdirSync(join(home, 'evidence'))).toEqual(['a-b-1.jpg']);
});

test.concurrent('where nobody looked, the policy keeps nothing at all', async (context) => {
  const blur = 'faces-and-plates' as const;
  const { desk, expect, figures, kept, pictures } = await openEvidenceStand(context, { shows: clip, blur });
  await expect.poll(pictures, WAIT).toBeGreaterThan(30);
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

test.concurrent('a camera that goes before the clip is whole leaves what came, and says how much', async (context) => {
  const { camera, desk, expect, figures, filesOf, pictures } = await openEvidenceStand(context, {
    shows: clip,
  });
  await expect.poll(pictures, WAIT).toBeGreaterThan(60);
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

test.concurrent('a ring that cannot be written is a fault until it can; pictures come all the while', async (context) => {
  const home = makeHome(context);
  const ringFolder = join(home, 'ring');
  writeFileSync(ringFolder, 'a file where the folder should be');
  const stand = await openEvidenceStand(context, { shows: clip, home, ringFolder });
  const { ask, capture, expect, faults, figures, filesOf, pictures } = stand;
  await expect.poll(faults, WAIT).toEqual([{ code: 'evidence-refused', active: true }]);
  const before = pictures();
  await expect.poll(pictures, WAIT).toBeGreaterThan(before + 25);
  expect(capture.status).toMatchObject({ state: 'working', restarts: 0 });
  rmSync(ringFolder);
  await expect.poll(() => faults().at(-1), WAIT).toEqual({ code: 'evidence-refused', active: false });
  await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.3);
  ask('a/b/1');
  await filesOf(2);
});

test.concurrent('a ring on a disk that hangs stalls no picture', async (context) => {
  const { capture, desk, expect, faults, figures, home, pictures } = await openEvidenceStand(context, {
    shows: clip,
  });
  const ring = join(home, 'ring', 'cam');
  await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.2);
  await expect.poll(() => readdirSync(ring).length, WAIT).toBeGreaterThan(0);
  // Who opens a pipe for writing hangs until somebody reads, as in a file system that no longer answers.
  const newest = Math.max(...readdirSync(ring).map((name) => Number.parseInt(name, 10)));
  const hanging = Array.from({ length: 60 }, (_, index) => join(ring, `${newest + 1 + index}.fragment`));
  execFileSync(
    'mkfifo',
    hanging.filter((name) => !existsSync(name)),
  );
  const before = pictures();
  await expect.poll(pictures, WAIT).toBeGreaterThan(before + 100);
  expect(capture.status).toMatchObject({ state: 'working', restarts: 0 });
  expect(faults()).toEqual([]);
  const readers = hanging.map((name) => spawn('cat', [name], { stdio: 'ignore' }));
  await capture.stop();
  await desk.close();
  for (const reader of readers) reader.kill();
});

/** A file system of one megabyte, or null where this may not be made. */
function smallDisk(home: string): string | null {
  const place = join(home, 'small');
  mkdirSync(place);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' });
    return place;
  } catch {
    return null;
  }
}

test.concurrent('a full disk is a fault that ends when there is room; pictures come all the while', async (context) => {
  const home = makeHome(context);
  const place = smallDisk(home);
  if (place === null) context.skip('a small file system may not be mounted here');
  const evidence = join(place ?? '', 'evidence');
  const ballast = join(place ?? '', 'ballast');
  writeFileSync(ballast, Buffer.alloc(900_000));
  const stand = await openEvidenceStand(context, { shows: clip, home, folder: evidence });
  const { ask, capture, desk, expect, faults, figures, pictures } = stand;
  try {
    await expect.poll(() => figures()['ringMegabytes'], WAIT).toBeGreaterThan(0.3);
    ask('a/b/1');
    await expect.poll(faults, WAIT).toEqual([{ code: 'evidence-refused', active: true }]);
    await expect.poll(() => figures()['pendingIncidents'], WAIT).toBe(0);
    expect(readdirSync(evidence).filter((name) => name.endsWith('.part'))).toEqual([]);
    const before = pictures();
    await expect.poll(pictures, WAIT).toBeGreaterThan(before + 25);
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

test.concurrent('a stream that ffmpeg cannot copy is seen all the same, and the missing evidence is a fault', async (context) => {
  const home = makeHome(context);
  const ffmpeg = join(home, 'ffmpeg-that-cannot-copy');
  const refusal =
    'Could not write header for output file #1 (incorrect codec parameters ?): Invalid argument';
  writeFileSync(
    ffmpeg,
    `#!/bin/sh\ncase "$*" in *pipe:3*) echo "${refusal}" >&2; exit 1;; esac\nexec ffmpeg "$@"\n`,
  );
  chmodSync(ffmpeg, 0o755);
  const { capture, expect, faults, pictures } = await openEvidenceStand(context, {
    shows: clip,
    home,
    ffmpeg,
  });
  await expect.poll(pictures, WAIT).toBeGreaterThan(10);
  expect(faults()).toEqual([{ code: 'evidence-refused', active: true }]);
  expect(capture.status).toMatchObject({ state: 'working', restarts: 1 });
});

test.concurrent('the ring holds no more than it may, and what a power cut left is gone', async (context) => {
  const home = makeHome(context);
  const ring = join(home, 'ring', 'cam');
  mkdirSync(ring, { recursive: true });
  for (const name of ['1.fragment', '99999.fragment'])
    writeFileSync(join(ring, name), Buffer.alloc(5_000_000));
  const { capture, desk, expect, figures } = await openEvidenceStand(context, { shows: clip, home });
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
  expect(existsSync(join(home, 'evidence'))).toBe(true);
});
