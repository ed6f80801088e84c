/** What a stream costs: the real vision process with its ffmpeg children on one, two and four cameras. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../../src/base/clock.ts';
import { MS_PER_S } from '../../../src/base/units.ts';
import { childrenOf, type Usage, usageOf } from '../common/process-usage.ts';
import { median } from '../common/quantile.ts';
import { figure, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { SERVICE_FPS, writeBenchSite } from './bench-site.ts';
import { startCameras } from './cameras.ts';
import { CLIP_FPS } from './clips.ts';
import { openVisionStand } from './vision-stand.ts';

const CAMERA_COUNTS = [1, 2, 4];
const SETTLE_MS = 3000;

/** Of one stretch; shares of one core. */
interface StreamCost {
  readonly visionPct: number;
  readonly ffmpegPct: number;
  readonly visionMb: number;
  readonly ffmpegMb: number;
  /** Of one camera. */
  readonly lookedPerS: number;
  /** What the process says itself. */
  readonly model: string;
}

export async function streams(context: BenchContext): Promise<void> {
  const { rounds, seconds } = context.options;
  const costs = new Map<number, StreamCost[]>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const count of CAMERA_COUNTS) {
      const cost = await costOf(context, count);
      costs.set(count, [...(costs.get(count) ?? []), cost]);
      const pct = figure((cost.visionPct + cost.ffmpegPct) / count, 1);
      note(`streams, round ${round} of ${rounds}, ${count} cameras: ${pct} % of a core each`);
    }
  }
  print(costs, `n = ${rounds} rounds of ${seconds} s, medians; 1080p${CLIP_FPS}, H.264, 4 Mbit/s, RTSP`);
}

async function costOf({ folder, clips, options }: BenchContext, count: number): Promise<StreamCost> {
  const cameras = await startCameras({ clip: clips.traffic, framesPerSecond: CLIP_FPS, count });
  const { sources } = cameras;
  const siteFile = await writeBenchSite({ folder, sources, framesPerSecond: SERVICE_FPS });
  const stand = await openVisionStand({ siteFile, precision: 'auto' });
  await delay(SETTLE_MS);
  const children = childrenOf(stand.pid);
  const before = { atMs: monotonicMs(), looked: stand.looked, ...usages(stand.pid, children) };
  await delay(options.seconds * MS_PER_S);
  const after = { atMs: monotonicMs(), looked: stand.looked, ...usages(stand.pid, children) };
  const model = stand.health.find(({ figures }) => 'int8Chosen' in figures)?.note ?? '';
  await stand.stop();
  await cameras.stop();
  const spanS = (after.atMs - before.atMs) / MS_PER_S;
  return {
    visionPct: (100 * (after.vision.cpuS - before.vision.cpuS)) / spanS,
    ffmpegPct: (100 * (after.ffmpeg.cpuS - before.ffmpeg.cpuS)) / spanS,
    visionMb: after.vision.rssMb,
    ffmpegMb: after.ffmpeg.rssMb,
    lookedPerS: (after.looked - before.looked) / spanS / count,
    model,
  };
}

function usages(pid: number, children: readonly number[]): Readonly<Record<'vision' | 'ffmpeg', Usage>> {
  return { vision: usageOf([pid]), ffmpeg: usageOf(children) };
}

function print(costs: ReadonlyMap<number, readonly StreamCost[]>, how: string): void {
  say(`A stream's share of one core, and memory, analysed at ${SERVICE_FPS} pictures a second (${how})`);
  const row = ([count, all]: readonly [number, readonly StreamCost[]]) => {
    const of = (take: (cost: StreamCost) => number): number => median(all.map(take));
    return [
      String(count),
      figure(
        of(({ visionPct, ffmpegPct }) => (visionPct + ffmpegPct) / count),
        1,
      ),
      figure(
        of(({ ffmpegPct }) => ffmpegPct / count),
        1,
      ),
      figure(
        of(({ visionPct }) => visionPct / count),
        1,
      ),
      figure(
        of(({ visionMb, ffmpegMb }) => visionMb + ffmpegMb),
        0,
      ),
      figure(
        of(({ visionMb }) => visionMb),
        0,
      ),
      figure(
        of(({ ffmpegMb }) => ffmpegMb / count),
        0,
      ),
      figure(
        of(({ lookedPerS }) => lookedPerS),
        1,
      ),
    ];
  };
  table([
    [
      'cameras',
      'CPU % a stream',
      'ffmpeg',
      'vision',
      'RSS MB',
      'vision',
      'each ffmpeg',
      'pictures/s a stream',
    ],
    ...[...costs].map(row),
  ]);
  const notes = new Set([...costs.values()].flat().map(({ model }) => model));
  for (const text of notes) say(`  ${text}`);
  say();
}
