/** A camera, its decoder and its evidence for one test, and what a file of evidence holds. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import { createCameraCapture } from '../../src/sensors/cameras/camera-capture.ts';
import { createEvidenceDesk } from '../../src/sensors/cameras/evidence/evidence-desk.ts';
import type { CameraSource } from '../../src/sensors/cameras/ffmpeg-invocation.ts';
import type { EvidencePlan } from '../../src/sensors/contract.ts';
import { placePicture } from '../../src/sensors/vision/camera-picture.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';
import { CLIP_SIZE, simulatedCamera, type TestClip } from './camera-servers.ts';

const exec = promisify(execFile);
/** The output of a program; the cameras of the tests beside this one go on meanwhile. */
export async function outputOf(program: string, args: readonly string[]): Promise<Buffer> {
  const { stdout } = await exec(program, [...args], { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

const NET = { inputWidthPx: 128, inputHeightPx: 96 };
export const QUIET = ['-nostdin', '-loglevel', 'error', '-y'];
export const WAIT = { timeout: 30_000, interval: 100 };

interface Wish extends Partial<EvidencePlan> {
  /** What the simulated camera shows; or another camera. */
  readonly shows: TestClip | CameraSource;
  readonly ffmpeg?: string;
  /** Where everything is kept; made for it when it is not given. */
  readonly home?: string;
}

/** A folder until the test is over. */
export function makeHome({ onTestFinished }: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'roadside-evidence-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

/** Until the test is over; in every picture the "detector" sees one person at the right. */
export async function openEvidenceStand(test: TestContext, wish: Wish) {
  const { shows, ffmpeg = 'ffmpeg', home = makeHome(test), ...over } = wish;
  const camera = 'mp4' in shows ? await simulatedCamera.open(shows) : null;
  test.onTestFinished(() => camera?.close());
  const said: Observation[] = [];
  let pictures = 0;
  const plan: EvidencePlan = {
    folder: join(home, 'evidence'),
    maxBytes: 50_000_000,
    ringFolder: join(home, 'ring'),
    ...{ beforeMs: 2000, afterMs: 1500, blur: 'none', ...over },
  };
  const desk = createEvidenceDesk({ plan, ffmpeg, observe: (observations) => said.push(...observations) });
  test.onTestFinished(() => desk.close());
  const evidence = desk.camera({ id: 'cam', picture: CLIP_SIZE });
  const capture = createCameraCapture({
    plan: {
      source: 'mp4' in shows ? { kind: 'rtsp', url: camera?.url ?? '', user: null, password: null } : shows,
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
  test.onTestFinished(() => capture.stop());
  capture.start();
  const kept = () => said.flatMap((one) => (one.kind === 'evidence-kept' ? one.files : []));
  return {
    ...{ home, desk, capture, camera, kept },
    /** Of this test: others run beside it. */
    expect: test.expect,
    pictures: () => pictures,
    faults: () =>
      said.flatMap((one) => (one.kind === 'sensor-fault' ? [{ code: one.code, active: one.active }] : [])),
    figures: () => desk.health().figures,
    pathOf: (name: string): string => join(home, 'evidence', name),
    /** Asks for evidence of now. */
    ask(incident: string): number {
      const atMs = monotonicMs();
      const times = { fromMs: atMs - 2000, atMs, toMs: atMs + 1500 };
      const marks = [
        { box: [40, 100, 200, 260] as [number, number, number, number], label: 'wrong-way 40 km/h' },
      ];
      const about = { camera: 'cam', lane: 'north-1', incidentKind: 'wrong-way' };
      desk.keep({ incident, ...about, ...times, marks, caption: ['test-cross cam north-1'] });
      return atMs;
    },
    /** The picture first: either may be ready before the other. */
    async filesOf(count: number) {
      await test.expect.poll(() => kept().length, WAIT).toBe(count);
      return kept().toSorted((one, other) => other.kind.localeCompare(one.kind));
    },
  };
}

interface Probe {
  readonly streams: readonly { codec_name: string; width: number; height: number }[];
  readonly format: { duration: string; start_time: string };
  readonly packets: readonly { flags: string; pts_time: string }[];
}
export async function probe(file: string): Promise<Probe> {
  const what = ['-show_streams', '-show_format', '-show_packets', '-of', 'json'];
  return JSON.parse((await outputOf('ffprobe', ['-v', 'error', ...what, file])).toString()) as Probe;
}

/** Checksums of the coded pictures in a file, as they stand there. */
export async function pictureSums(file: string): Promise<string[]> {
  const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const copy = (...how: string[]): Promise<Buffer> =>
    outputOf('ffmpeg', [...QUIET, '-i', file, '-map', '0:v:0', '-c', 'copy', ...how, '-']);
  const codec = (await probe(file)).streams[0]?.codec_name ?? '';
  const slice = SLICES.get(codec);
  if (slice === undefined) {
    const lines = (await copy('-f', 'framemd5')).toString().split('\n');
    return lines.flatMap((line) =>
      line === '' || line.startsWith('#') ? [] : [line.split(', ').at(-1) ?? ''],
    );
  }
  // Heads and delimiters may be repeated in one container and not in the other; the slices are the pictures.
  const stream = (await copy('-bsf:v', slice.filter, '-f', codec)).toString('latin1');
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
export function pixelsOf(file: string, area: string, format: 'gray' | 'rgb24' = 'gray'): Promise<Buffer> {
  const cropped = ['-i', file, '-vf', `crop=${area},format=${format}`, '-f', 'rawvideo', '-'];
  return outputOf('ffmpeg', [...QUIET, ...cropped]);
}
export function variance(values: Buffer): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
