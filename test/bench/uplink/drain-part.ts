/** How fast a backlog goes out on this machine, and what the sender needs for it. */
import { usageOf } from '../common/process-usage.ts';
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { copyOf, fillStore } from './our-programs.ts';
import { tallyOf } from './platform.ts';
import { loadBridge, loadOurs, onStand, type Sender, type Stand } from './stand.ts';

interface Contender {
  readonly name: string;
  load(context: BenchContext, stand: Stand): Promise<Sender>;
}

interface Drain {
  readonly perS: number;
  readonly cpuUsPerRecord: number;
  /** Resident, with the whole backlog waiting. */
  readonly waitingMb: number;
  readonly drainedMb: number;
}

const WINDOWS = [100, 1000] as const;
const BRIDGE = 'Mosquitto bridge';
const US_PER_S = 1e6;

const nameOf = (window: number): string => `our store and uplink, window ${window}`;

export async function drain(context: BenchContext): Promise<void> {
  const { rounds, records } = context.options;
  const contenders: readonly Contender[] = [
    { name: BRIDGE, load: (_, stand) => loadBridge(context, stand) },
    ...WINDOWS.map((window) => ({
      name: nameOf(window),
      load: (_: BenchContext, stand: Stand) => loadOurs(stand, { file: copyOf(context, stand), window }),
    })),
  ];
  const drains = new Map<string, Drain[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of contenders) {
      const one = await drainOnce(context, contender);
      drains.get(contender.name)?.push(one);
      note(`drain, round ${round} of ${rounds}: ${contender.name} ${one.perS.toFixed(0)}/s`);
    }
  }
  const emptyMb = await emptyMemory(context);
  print(drains, { how: `n = ${rounds} rounds of ${records} records`, emptyMb });
}

async function drainOnce(context: BenchContext, { name, load }: Contender): Promise<Drain> {
  const { records } = context.options;
  return await onStand(context, { oneWayMs: 0 }, async (stand) => {
    const sender = await load(context, stand);
    const before = usageOf([sender.pid]);
    const platform = await stand.platformComes();
    await platform.untilCount(records);
    const after = usageOf([sender.pid]);
    const { distinct, perS } = tallyOf(await platform.stop());
    await sender.stop();
    if (distinct !== records) throw new Error(`${name}: ${distinct} of ${records} records came`);
    return {
      perS,
      cpuUsPerRecord: ((after.cpuS - before.cpuS) * US_PER_S) / records,
      waitingMb: before.rssMb,
      drainedMb: after.rssMb,
    };
  });
}

/** What our process needs with nothing in its store. */
async function emptyMemory(context: BenchContext): Promise<number> {
  return await onStand(context, { oneWayMs: 0 }, async (stand) => {
    const file = `${stand.folder}/empty.db`;
    fillStore(file, 0);
    const sender = await loadOurs(stand, { file });
    const { rssMb } = usageOf([sender.pid]);
    await sender.stop();
    return rssMb;
  });
}

function print(
  drains: ReadonlyMap<string, readonly Drain[]>,
  { how, emptyMb }: { readonly how: string; readonly emptyMb: number },
): void {
  const of = (name: string, take: (drain: Drain) => number) => (drains.get(name) ?? []).map(take);
  const ratioOf = (name: string): number => {
    const peer = of(BRIDGE, ({ perS }) => perS);
    return median(of(name, ({ perS }) => perS).map((perS, round) => perS / (peer[round] ?? Number.NaN)));
  };
  say(`Drain of a backlog over the loopback (${how}), records/s at the receiver; memory is resident`);
  table([
    ['sender', 'records/s', 'least', 'most', 'of the bridge', 'CPU µs', 'MB waiting', 'MB drained'],
    ...[...drains.keys()].map((name) => {
      const rates = of(name, ({ perS }) => perS);
      return [
        name,
        figure(median(rates), 0),
        figure(Math.min(...rates), 0),
        figure(Math.max(...rates), 0),
        figure(ratioOf(name), 2),
        figure(median(of(name, ({ cpuUsPerRecord }) => cpuUsPerRecord)), 1),
        figure(median(of(name, ({ waitingMb }) => waitingMb)), 0),
        figure(median(of(name, ({ drainedMb }) => drainedMb)), 0),
      ];
    }),
  ]);
  say(`  our process with an empty store: ${figure(emptyMb, 0)} MB`);
  for (const window of WINDOWS) {
    goal(`window ${window} at least 0.65 of the bridge`, ratioOf(nameOf(window)), (ratio) => ratio >= 0.65);
  }
  say();
}
