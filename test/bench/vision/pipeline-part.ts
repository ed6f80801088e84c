/** Pictures a second through the whole pipeline, beside the network alone; they take turns. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../../src/base/clock.ts';
import { MS_PER_S } from '../../../src/base/units.ts';
import type { Precision } from '../../../src/sensors/vision/precision.ts';
import { busyPctSince, processorTimes } from '../common/processors.ts';
import { nodeCommand, startProgram } from '../common/programs.ts';
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { writeBenchSite } from './bench-site.ts';
import { startCameras } from './cameras.ts';
import { openVisionStand } from './vision-stand.ts';

/** The most that a site file may ask of one camera. */
const CAMERA_FPS = 30;
/** More pictures than the network alone could look at, so that it is never the cameras that it waits for. */
const SURPLUS = 1.15;
const SETTLE_MS = 1500;

const SIZES = ['1080p', '540p'] as const;
type Size = (typeof SIZES)[number];

/** What the pipeline made in one round, and the network alone just before it. */
interface Turn {
  readonly barePerS: number;
  readonly pipelinePerS: number;
  /** Of all processors, while the pipeline ran. */
  readonly busyPct: number;
}

export async function pipeline(context: BenchContext): Promise<void> {
  const { rounds, seconds } = context.options;
  const turns = new Map<string, Turn[]>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const precision of ['fp32', 'int8'] as const) {
      const barePerS = await bareRate(precision, seconds);
      const cameras = Math.ceil((SURPLUS * barePerS) / CAMERA_FPS);
      for (const size of SIZES) {
        const { pipelinePerS, busyPct } = await pipelineRate(context, { precision, size, cameras });
        const name = `${precision}, ${size}`;
        turns.set(name, [...(turns.get(name) ?? []), { barePerS, pipelinePerS, busyPct }]);
        const rates = `${figure(pipelinePerS, 1)}/s of ${figure(barePerS, 1)}/s, ${cameras} cameras`;
        note(`pipeline, round ${round} of ${rounds}, ${name}: ${rates}`);
      }
    }
  }
  print(turns, `n = ${rounds} rounds of ${seconds} s each; H.264 over RTSP, one thread`);
}

async function bareRate(precision: Precision, seconds: number): Promise<number> {
  const command = nodeCommand(import.meta.dirname, 'bare-run.ts', precision, String(seconds));
  const program = startProgram({ name: 'the network alone', command });
  return Number.parseFloat(await program.line((line) => line.endsWith('runs/s')));
}

async function pipelineRate(
  context: BenchContext,
  how: { readonly precision: Precision; readonly size: Size; readonly cameras: number },
): Promise<Omit<Turn, 'barePerS'>> {
  const { folder, clips, options } = context;
  const clip = how.size === '1080p' ? clips.traffic : clips.smallTraffic;
  const cameras = await startCameras({
    clip,
    framesPerSecond: CAMERA_FPS,
    count: how.cameras,
  });
  const cameraUrls = cameras.served.map(({ url }) => url);
  const site = await writeBenchSite({ folder, cameraUrls, framesPerSecond: CAMERA_FPS });
  const stand = await openVisionStand(site, how.precision);
  await delay(SETTLE_MS);
  const before = { looked: stand.looked, atMs: monotonicMs(), times: processorTimes() };
  await delay(options.seconds * MS_PER_S);
  const pipelinePerS = ((stand.looked - before.looked) * MS_PER_S) / (monotonicMs() - before.atMs);
  const busyPct = busyPctSince(before.times);
  await stand.stop();
  await cameras.stop();
  return { pipelinePerS, busyPct };
}

function print(turns: ReadonlyMap<string, readonly Turn[]>, how: string): void {
  const ratioOf = (all: readonly Turn[]): number =>
    median(all.map(({ pipelinePerS, barePerS }) => pipelinePerS / barePerS));
  say(`Pictures a second, decoder to fold, against session.run alone (${how})`);
  table([
    [
      'model, stream',
      'session.run/s',
      'pipeline/s, median',
      'least',
      'most',
      'busy %',
      'ratio, median of rounds',
    ],
    ...[...turns].map(([name, all]) => [
      name,
      figure(median(all.map(({ barePerS }) => barePerS)), 1),
      figure(median(all.map(({ pipelinePerS }) => pipelinePerS)), 1),
      figure(Math.min(...all.map(({ pipelinePerS }) => pipelinePerS)), 1),
      figure(Math.max(...all.map(({ pipelinePerS }) => pipelinePerS)), 1),
      figure(median(all.map(({ busyPct }) => busyPct)), 0),
      figure(ratioOf(all), 2),
    ]),
  ]);
  for (const [name, all] of turns)
    goal(`pipeline at least 0.9 of session.run, ${name}`, ratioOf(all), (ratio) => ratio >= 0.9);
  say();
}
