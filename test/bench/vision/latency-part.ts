/** From a camera's sending of a picture to its readers' having it: our capture beside OpenCV's, all at once. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../../src/base/clock.ts';
import { MS_PER_S } from '../../../src/base/units.ts';
import { childrenOf, usageOf } from '../common/process-usage.ts';
import { nodeCommand, startProgram } from '../common/programs.ts';
import { median, quantile } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { SERVICE_FPS } from './bench-site.ts';
import type { ServedCamera } from './camera-server.ts';
import { startCameras } from './cameras.ts';
import { CLIP_FPS } from './clips.ts';

/** The most that a site file may ask for: every picture of the clip is handed out. */
const EVERY_FPS = 30;
/** What our capture asks of ffmpeg, asked of OpenCV's; and `nobuffer`, which costs the pictures up to a key picture. */
const LOW_DELAY = 'rtsp_transport;tcp|fflags;nobuffer|flags;low_delay|threads;1';
const READER = new URL('./opencv-reader.py', import.meta.url).pathname;
const SETTLE_MS = 4000;

interface Reader {
  readonly name: string;
  readonly command: readonly string[];
}

/** Of one reader in one round. */
interface Reading {
  readonly latenciesMs: readonly number[];
  readonly cpuPct: number;
  /** Pictures whose number could not be read. */
  readonly unread: number;
}

const OURS = 'ours, every picture';
const OURS_10 = `ours, ${SERVICE_FPS} a second`;
const OPENCV = 'OpenCV, every picture';
const OPENCV_10 = `OpenCV, ${SERVICE_FPS} a second`;
const OPENCV_PLAIN = 'OpenCV as it comes, every picture';

export async function latency(context: BenchContext): Promise<void> {
  const { rounds, seconds } = context.options;
  const readings = new Map<string, Reading[]>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, reading] of await readTogether(context)) {
      readings.set(name, [...(readings.get(name) ?? []), reading]);
      note(`latency, round ${round} of ${rounds}, ${name}: ${figure(median(reading.latenciesMs), 0)} ms`);
    }
  }
  print(readings, `n = ${rounds} rounds of ${seconds} s, medians; 1080p${CLIP_FPS}, all at once`);
  if (context.opencv === null) say('  OpenCV is not installed: apt-get install python3-opencv\n');
}

function readersOf({ opencv }: BenchContext, url: string): readonly Reader[] {
  const ours = (fps: number): readonly string[] =>
    nodeCommand(import.meta.dirname, 'capture-reader.ts', url, String(fps));
  const theirs = (...more: readonly string[]): readonly string[] => [opencv ?? '', READER, url, ...more];
  return [
    { name: OURS, command: ours(EVERY_FPS) },
    { name: OURS_10, command: ours(SERVICE_FPS) },
    ...(opencv === null
      ? []
      : [
          { name: OPENCV, command: theirs('every', LOW_DELAY) },
          { name: OPENCV_10, command: theirs(String(SERVICE_FPS), LOW_DELAY) },
          { name: OPENCV_PLAIN, command: theirs('every') },
        ]),
  ];
}

async function readTogether(context: BenchContext): Promise<ReadonlyMap<string, Reading>> {
  const cameras = await startCameras({ clip: context.clips.traffic, framesPerSecond: CLIP_FPS, count: 1 });
  const [camera] = cameras.served;
  if (camera === undefined) throw new RangeError('no camera was started');
  const running = readersOf(context, camera.url).map(({ name, command }) => {
    return { name, program: startProgram({ name, command }) };
  });
  await Promise.all(running.map(({ program }) => program.line((line) => /^\d/.test(line))));
  await delay(SETTLE_MS);
  const pidsOf = (pid: number): readonly number[] => [pid, ...childrenOf(pid)];
  const before = running.map(({ program }) => usageOf(pidsOf(program.pid)).cpuS);
  const fromMs = monotonicMs();
  await delay(context.options.seconds * MS_PER_S);
  const toMs = monotonicMs();
  const after = running.map(({ program }) => usageOf(pidsOf(program.pid)).cpuS);
  const readings = new Map<string, Reading>();
  for (const [index, { name, program }] of running.entries()) {
    const cpuS = (after[index] ?? 0) - (before[index] ?? 0);
    const seen = parseSeen(await program.stop()).filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    readings.set(name, {
      cpuPct: (100 * MS_PER_S * cpuS) / (toMs - fromMs),
      unread: seen.filter(({ number }) => number < 0).length,
      latenciesMs: seen.filter(({ number }) => number >= 0).map((picture) => latencyOf(picture, camera)),
    });
  }
  await cameras.stop();
  return readings;
}

interface SeenPicture {
  readonly number: number;
  readonly atMs: number;
}

function parseSeen(output: string): readonly SeenPicture[] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [number = Number.NaN, atMs = Number.NaN] = line.split(' ').map(Number);
    return { number, atMs };
  });
}

/** Since the camera last sent the picture of this number. */
function latencyOf({ number, atMs }: SeenPicture, { startedAtMs, pictures }: ServedCamera): number {
  const pictureMs = MS_PER_S / CLIP_FPS;
  const cycleMs = pictures * pictureMs;
  const sinceFirstMs = atMs - startedAtMs - number * pictureMs;
  return sinceFirstMs - Math.floor(sinceFirstMs / cycleMs) * cycleMs;
}

function print(readings: ReadonlyMap<string, readonly Reading[]>, how: string): void {
  say(`Live RTSP: from the camera's sending to the reader's memory, and CPU (${how})`);
  const p = (share: number) => (reading: Reading) => quantile(reading.latenciesMs, share);
  const of = (name: string, take: (reading: Reading) => number): number =>
    median((readings.get(name) ?? []).map(take));
  table([
    ['reader', 'pictures', 'p50 ms', 'p99 ms', 'CPU % of a core', 'unread'],
    ...[...readings].map(([name, all]) => [
      name,
      figure(
        of(name, ({ latenciesMs }) => latenciesMs.length),
        0,
      ),
      figure(of(name, p(0.5)), 1),
      figure(of(name, p(0.99)), 1),
      figure(
        of(name, ({ cpuPct }) => cpuPct),
        1,
      ),
      String(all.reduce((sum, { unread }) => sum + unread, 0)),
    ]),
  ]);
  const ratio = (pair: readonly [string, string], take: (reading: Reading) => number): number | null => {
    const [ours, theirs] = pair.map((name) => readings.get(name)?.map(take) ?? []);
    if (ours === undefined || theirs === undefined || theirs.length === 0) return null;
    return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
  };
  const cpu = ({ cpuPct }: Reading): number => cpuPct;
  goal('latency p50 at most 1.1 of OpenCV', ratio([OURS, OPENCV], p(0.5)), (value) => value <= 1.1);
  goal('latency p99 at most 1.1 of OpenCV', ratio([OURS, OPENCV], p(0.99)), (value) => value <= 1.1);
  const cpuGoal = (pair: readonly [string, string]): void =>
    goal(`CPU at most 0.9: ${pair.join(' / ')}`, ratio(pair, cpu), (value) => value <= 0.9);
  cpuGoal([OURS_10, OPENCV]);
  cpuGoal([OURS, OPENCV]);
  cpuGoal([OURS_10, OPENCV_10]);
  say();
}
