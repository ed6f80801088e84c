/** How much of a long line a window fills: at best one window for each round trip. */
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { copyOf } from './our-programs.ts';
import { tallyOf } from './platform.ts';
import { type Line, loadBridge, loadOurs, onStand, type Sender, type Stand } from './stand.ts';

const ROUND_TRIP_MS = 50;
const LINE: Line = { oneWayMs: ROUND_TRIP_MS / 2 };
const WINDOWS = [20, 100, 1000] as const;
/** Round trips that a measurement lasts at least. */
const ROUND_TRIPS = 100;
/** With larger windows the processor is the limit, not the line. */
const JUDGED: readonly number[] = [20, 100];

const limitOf = (window: number): number => (window * 1000) / ROUND_TRIP_MS;

export async function delay(context: BenchContext): Promise<void> {
  const { rounds, records } = context.options;
  const rates = new Map<number, number[]>(WINDOWS.map((window) => [window, []]));
  const oursAt = async (window: number, line: Line): Promise<number> =>
    await rateOf({ context, line, copies: Math.min(records, window * ROUND_TRIPS) }, (stand) =>
      loadOurs(stand, { file: copyOf(context, stand), window }),
    );
  for (let round = 1; round <= rounds; round += 1) {
    for (const window of WINDOWS) {
      const perS = await oursAt(window, LINE);
      rates.get(window)?.push(perS);
      note(`delay, round ${round} of ${rounds}: window ${window} ${perS.toFixed(0)}/s`);
    }
  }
  const heldPerS = await oursAt(WINDOWS[0], { ...LINE, nagle: true });
  const bridgePerS = await rateOf({ context, line: LINE, copies: records }, (stand) =>
    loadBridge(context, stand),
  );
  print(rates, { bridgePerS, heldPerS, rounds });
}

async function rateOf(
  measured: { readonly context: BenchContext; readonly line: Line; readonly copies: number },
  load: (stand: Stand) => Promise<Sender>,
): Promise<number> {
  const { context, line, copies } = measured;
  return await onStand(context, line, async (stand) => {
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
  others: { readonly bridgePerS: number; readonly heldPerS: number; readonly rounds: number },
): void {
  const { bridgePerS, heldPerS, rounds } = others;
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
    [
      `window ${WINDOWS[0]}, a broker that keeps acknowledgements back, n = 1`,
      figure(heldPerS, 0),
      figure(limitOf(WINDOWS[0]), 0),
      figure(heldPerS / limitOf(WINDOWS[0]), 2),
    ],
    ['Mosquitto bridge, window unlimited, n = 1', figure(bridgePerS, 0), '-', '-'],
  ]);
  for (const window of JUDGED) {
    goal(`window ${window} at least 0.8 of window / round trip`, shareOf(window), (share) => share >= 0.8);
  }
  say();
}
