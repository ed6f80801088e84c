/** How much of a long line a window fills: at best one window for each round trip. */
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { copyOf } from './our-programs.ts';
import { tallyOf } from './platform.ts';
import { loadBridge, loadOurs, onStand, type Sender, type Stand } from './stand.ts';

const ROUND_TRIP_MS = 50;
const WINDOWS = [20, 100, 1000] as const;
/** Round trips that a measurement lasts at least. */
const ROUND_TRIPS = 100;
/** With larger windows the processor is the limit, not the line. */
const JUDGED: readonly number[] = [20, 100];

const limitOf = (window: number): number => (window * 1000) / ROUND_TRIP_MS;

export async function delay(context: BenchContext): Promise<void> {
  const { rounds, records } = context.options;
  const rates = new Map<number, number[]>(WINDOWS.map((window) => [window, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const window of WINDOWS) {
      const copies = Math.min(records, window * ROUND_TRIPS);
      const perS = await rateOf(context, copies, (stand) =>
        loadOurs(stand, { file: copyOf(context, stand), window }),
      );
      rates.get(window)?.push(perS);
      note(`delay, round ${round} of ${rounds}: window ${window} ${perS.toFixed(0)}/s`);
    }
  }
  const bridgePerS = await rateOf(context, records, (stand) => loadBridge(context, stand));
  print(rates, { bridgePerS, rounds });
}

async function rateOf(
  context: BenchContext,
  copies: number,
  load: (stand: Stand) => Promise<Sender>,
): Promise<number> {
  return await onStand(context, ROUND_TRIP_MS / 2, async (stand) => {
    const sender = await load(stand);
    const platform = await stand.platformComes();
    await platform.untilCount(copies);
    await sender.kill();
    const { distinct, perS } = tallyOf(await platform.stop());
    if (distinct < copies) throw new Error(`${distinct} of ${copies} records came`);
    return perS;
  });
}

function print(
  rates: ReadonlyMap<number, readonly number[]>,
  { bridgePerS, rounds }: { readonly bridgePerS: number; readonly rounds: number },
): void {
  const shareOf = (window: number): number => median(rates.get(window) ?? []) / limitOf(window);
  say(`Drain over a line of ${ROUND_TRIP_MS} ms round trip (n = ${rounds} rounds)`);
  table([
    ['sender', 'records/s, median', 'window / round trip', 'share'],
    ...[...rates].map(([window, all]) => [
      `our store and uplink, window ${window}`,
      figure(median(all), 0),
      figure(limitOf(window), 0),
      figure(shareOf(window), 2),
    ]),
    ['Mosquitto bridge, window unlimited, n = 1', figure(bridgePerS, 0), '-', '-'],
  ]);
  for (const window of JUDGED) {
    goal(`window ${window} at least 0.8 of window / round trip`, shareOf(window), (share) => share >= 0.8);
  }
  say();
}
