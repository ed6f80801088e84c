/** Pictures a second through the whole pipeline, beside the network alone; they take turns. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../../src/base/clock.ts';
import { MS_PER_S } from '../../../src/base/units.ts';
import type { Precision } from '../../../src/sensors/vision/precision.ts';
import { childrenOf, usageOf } from '../common/process-usage.ts';
import { busyPctSince, processorTimes } from '../common/processors.ts';
import { nodeCommand, startProgram } from '../common/programs.ts';
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { type BenchSource, writeBenchSite } from './bench-site.ts';
import { type Cameras, startCameras } from './cameras.ts';
import { openVisionStand } from './vision-stand.ts';

/** The most that a site file may ask of one camera. */
const CAMERA_FPS = 30;
/** Live cameras offer more than the network alone could look at, so that it is never they that it waits for. */
const SURPLUS = 1.15;
/** An intersection of four approaches. */
const RECORDINGS = 4;
/** Until then the just-in-time compiler takes its share. */
const SETTLE_MS = 3000;

const SIZES = ['1080p', '540p'] as const;
type Size = (typeof SIZES)[number];

const FEEDS = ['recordings', 'live'] as const;
type Feed = (typeof FEEDS)[number];
/** Recordings wait until their pictures are looked at; live cameras do not. */
const PACES = { recordings: 'as-read', live: 'own' } as const;

interface Setting {
  readonly precision: Precision;
  readonly size: Size;
  readonly feed: Feed;
}

interface Rate {
  readonly picturesPerS: number;
  /** Of all processors. */
  readonly busyPct: number;
  /** Processor time of all decoders for each picture that was looked at. */
  readonly decoderMs: number;
}

/** What the pipeline made in one round, and the network alone before it. */
interface Turn extends Rate {
  readonly barePerS: number;
}

export async function pipeline(context: BenchContext): Promise<void> {
  const { rounds, seconds } = context.options;
  const turns = new Map<Feed, Map<string, Turn[]>>(FEEDS.map((feed) => [feed, new Map()]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const precision of ['fp32', 'int8'] as const) {
      const barePerS = await bareRate(precision, seconds);
      for (const [feed, ofFeed] of turns) {
        for (const size of SIZES) {
          const rate = await pipelineRate(context, { precision, size, feed }, barePerS);
          const name = `${precision}, ${size}`;
          ofFeed.set(name, [...(ofFeed.get(name) ?? []), { barePerS, ...rate }]);
          const rates = `${figure(rate.picturesPerS, 1)}/s of ${figure(barePerS, 1)}/s`;
          note(`pipeline, round ${round} of ${rounds}, ${name}, ${feed}: ${rates}`);
        }
      }
    }
  }
  const how = `n = ${rounds} rounds of ${seconds} s each`;
  const recordings = turns.get('recordings') ?? new Map();
  say(`Pictures a second, decoder to fold, against session.run alone: ${RECORDINGS} recordings (${how})`);
  print(recordings);
  for (const [name, all] of recordings)
    goal(`pipeline at least 0.9 of session.run, ${name}`, ratioOf(all), (ratio) => ratio >= 0.9);
  say();
  const offered = `live cameras over RTSP that offer ${figure(SURPLUS, 2)} of what session.run alone takes`;
  say(`The same with ${offered} (${how})`);
  print(turns.get('live') ?? new Map());
}

async function bareRate(precision: Precision, seconds: number): Promise<number> {
  const command = nodeCommand(import.meta.dirname, 'bare-run.ts', precision, String(seconds));
  const program = startProgram({ name: 'the network alone', command });
  return Number.parseFloat(await program.line((line) => line.endsWith('runs/s')));
}

async function pipelineRate(
  { folder, clips, options }: BenchContext,
  { precision, size, feed }: Setting,
  barePerS: number,
): Promise<Rate> {
  const clip = size === '1080p' ? clips.traffic : clips.smallTraffic;
  const cameras = feed === 'live' ? await startEnough(clip, barePerS) : null;
  const sources = cameras?.sources ?? recordingsOf(clip);
  const siteFile = await writeBenchSite({ folder, sources, framesPerSecond: CAMERA_FPS });
  const stand = await openVisionStand({ siteFile, precision, recordingPace: PACES[feed] });
  await delay(SETTLE_MS);
  const decoders = childrenOf(stand.pid);
  const before = { ...usageOf(decoders), looked: stand.looked, atMs: monotonicMs(), times: processorTimes() };
  await delay(options.seconds * MS_PER_S);
  const looked = stand.looked - before.looked;
  const picturesPerS = (looked * MS_PER_S) / (monotonicMs() - before.atMs);
  const busyPct = busyPctSince(before.times);
  const decoderMs = ((usageOf(decoders).cpuS - before.cpuS) * MS_PER_S) / looked;
  await stand.stop();
  await cameras?.stop();
  return { picturesPerS, busyPct, decoderMs };
}

function recordingsOf(path: string): readonly BenchSource[] {
  return Array.from({ length: RECORDINGS }, () => ({ kind: 'file', path, loop: true }));
}

function startEnough(clip: string, barePerS: number): Promise<Cameras> {
  const count = Math.ceil((SURPLUS * barePerS) / CAMERA_FPS);
  return startCameras({ clip, framesPerSecond: CAMERA_FPS, count });
}

function ratioOf(all: readonly Turn[]): number {
  return median(all.map(({ picturesPerS, barePerS }) => picturesPerS / barePerS));
}

function print(turns: ReadonlyMap<string, readonly Turn[]>): void {
  const head = ['model, stream', 'session.run/s', 'pipeline/s, median', 'least', 'most'];
  const row = ([name, all]: readonly [string, readonly Turn[]]): readonly string[] => {
    const rates = all.map(({ picturesPerS }) => picturesPerS);
    const bare = median(all.map(({ barePerS }) => barePerS));
    return [
      ...[name, ...[bare, median(rates), Math.min(...rates), Math.max(...rates)].map((of) => figure(of, 1))],
      figure(median(all.map(({ decoderMs }) => decoderMs)), 1),
      figure(median(all.map(({ busyPct }) => busyPct)), 0),
      figure(ratioOf(all), 2),
    ];
  };
  table([[...head, 'decoders ms/picture', 'busy %', 'ratio, median of rounds'], ...[...turns].map(row)]);
}
