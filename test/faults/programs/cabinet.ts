/**
 * A gateway without sensor processes: the real tick, store and uplink, on a road where a car crosses each lane with
 * every turn. Argument: a JSON text of `CabinetOptions`. What it folds goes into the folded file, on another disk
 * than the store: `F record`, and `S` when everything folded so far is stored. Each tenth of a second it says how it
 * is doing, as a line of JSON. A line on its standard input ends the traffic; it leaves when all is delivered.
 */
import { openSync, writeSync } from 'node:fs';
import { createTick } from '../../../src/app/tick.ts';
import { createBoundedQueue } from '../../../src/base/bounded-queue.ts';
import { createSystemClock } from '../../../src/base/clock.ts';
import { openStore } from '../../../src/store/store.ts';
import type { Observation } from '../../../src/traffic/observations/observation.ts';
import type { StreamName } from '../../../src/traffic/stored-record.ts';
import { createUplink } from '../../../src/uplink/uplink.ts';
import { localSettings } from '../../fakes/broker.ts';
import { loopDefinition, singleLoopLane, singleStation, siteDefinition } from '../../fakes/site.ts';
import { siteInventory } from '../../fakes/site-inventory.ts';
import type { CabinetOptions, CabinetStatus } from '../cabinet.ts';

const TURN_EVERY_MS = 20;
const SAY_EVERY_MS = 100;
/** Every so many turns a device fails, and works again with the next: records of the first class. */
const FAULT_EVERY = 25;
const LOOPS = ['a', 'b', 'c', 'd'] as const;
const STREAMS = new Set<StreamName>(['passage', 'flow', 'incident', 'fault', 'hires']);

const options: CabinetOptions = JSON.parse(process.argv[2] ?? '{}');
const { boot, url, file, foldedFile, maxPages, settings, turnsPerCar = 1 } = options;
const clock = createSystemClock();
const definition = siteDefinition({
  intervalsS: [1, 10],
  lanes: LOOPS.map((loop, index) =>
    singleLoopLane({
      lane: `north-${index + 1}`,
      number: index + 1,
      station: singleStation({ entry: loopDefinition({ loop, detector: index + 1 }) }),
    }),
  ),
});
const folded = openSync(foldedFile, 'a');
const store = openStore({
  file,
  upstreams: [{ name: 'platform', streams: STREAMS }],
  origin: { site: definition.site, boot, configRev: definition.configRev },
  coarsestFlowS: 10,
  clock,
  ...(maxPages === undefined ? {} : { maxPages }),
});
const inbox = createBoundedQueue<Observation>(20_000);
const uplink = createUplink({
  site: definition.site,
  session: boot,
  settings: localSettings(url, settings),
  outbox: store.outbox('platform'),
  inventory: siteInventory,
  clock,
});
const noted = new Set<string>();
const tick = createTick({
  ...{ definition, boot, clock, inbox, recorder: null, passagesWaitMs: 0 },
  earlier: { openFaults: [], lastStoredMs: store.lastStoredMs() },
  store: {
    append(records) {
      const fresh = records.filter(({ id }) => !noted.has(id));
      for (const { id } of fresh) noted.add(id);
      writeSync(folded, fresh.map((record) => `F ${JSON.stringify(record)}\n`).join(''));
      store.append(records);
      writeSync(folded, 'S\n');
    },
    giveUp: (records) => store.giveUp(records),
  },
  onStored: () => uplink.notify(),
});
let turns = 0;
let longestTurnMs = 0;

function drive(): void {
  turns += 1;
  const nowMs = clock.monoMs();
  for (const loop of turns % turnsPerCar === 0 ? LOOPS : []) {
    for (const occupied of [true, false]) {
      const atMs = occupied ? nowMs - 15 : nowMs - 5;
      inbox.push({ kind: 'loop-transition', loop, occupied, atMs, uncertaintyMs: 1, found: false });
    }
  }
  if (turns % FAULT_EVERY < 2) {
    const active = turns % FAULT_EVERY === 0;
    const what = { sensor: 'card', layer: 'device', code: 'timeout', detail: '' } as const;
    inbox.push({ kind: 'sensor-fault', ...what, active, atMs: nowMs });
  }
}
function turn(): void {
  const startedMs = clock.monoMs();
  tick.turn();
  longestTurnMs = Math.max(longestTurnMs, clock.monoMs() - startedMs);
}
function say(): void {
  const { waiting, lost, problem } = tick.unstored();
  const { state, error, connects, published } = uplink.status();
  const status: CabinetStatus = {
    ...{ turns, waiting, lost, problem: problem?.code ?? null, longestTurnMs },
    ...{ uplink: state, uplinkError: error?.code ?? null, connects, published },
    ...{ pending: store.outbox('platform').depth(), megabytes: process.memoryUsage().rss / 2 ** 20 },
  };
  process.stdout.write(`${JSON.stringify(status)}\n`);
}

uplink.start();
const driving = setInterval(() => {
  drive();
  turn();
}, TURN_EVERY_MS);
const saying = setInterval(say, SAY_EVERY_MS);
process.stdin.once('data', () => {
  clearInterval(driving);
  void leave();
});

async function leave(): Promise<void> {
  await tick.close();
  while (tick.unstored().waiting > 0 || store.outbox('platform').depth() > 0) {
    if (tick.unstored().waiting > 0) turn();
    await new Promise((resolve) => setTimeout(resolve, TURN_EVERY_MS));
  }
  clearInterval(saying);
  say();
  await uplink.stop(2000);
  process.exit(0);
}
