import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Overview } from '../../app/overview.ts';
import { readStoreTotals } from '../../app/store-totals.ts';
import { createSystemClock } from '../../base/clock.ts';
import { RoadsideError } from '../../base/errors.ts';
import { readNorthTruth } from '../../simulator/clip/north-truth.ts';
import { DEMO_SCRIPT } from '../../simulator/demo/demo-script.table.ts';
import { DEMO_SITE_ID, demoSiteFile } from '../../simulator/demo/site-file.ts';
import { openVirtualRoad } from '../../simulator/demo/virtual-road.ts';
import { openDemoBroker } from '../../simulator/platform/broker.ts';
import { readContract } from '../../simulator/platform/contract-reader.ts';
import { createPlatformLedger } from '../../simulator/platform/platform-ledger.ts';
import { openPlatformLink } from '../../simulator/platform/platform-link.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage } from '../command-options.ts';
import { askOverview } from '../control-client.ts';
import { type GatewayChild, spawnGateway } from '../demo/gateway-child.ts';
import { liveTable } from '../demo/live-table.ts';
import { createMeasuredSite } from '../demo/measured-site.ts';
import { processFigures } from '../demo/process-figures.ts';
import { type DemoSummary, shortfalls, summarise } from '../demo/summary.ts';
import { createLiveScreen } from '../live-screen.ts';

export const DEMO_USAGE = 'roadside demo [--seconds N] [--json FILE] [--seed N]';

const CONTRACT_FILE = new URL('../../../docs/contract/asyncapi.json', import.meta.url);
const READY_WITHIN_MS = 60_000;
const SETTLE_MS = 2000;
const STOP_WITHIN_MS = 14_000;
const LAST_RECORDS_WITHIN_MS = 5000;
const TURN_EVERY_MS = 250;
const DEFAULT_SEED = 7;

/** Runs the whole pipeline on the virtual intersection; 0 when nothing was lost and every loop counted right. */
export async function runDemo(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseDemoArgs(args);
  const folder = await mkdtemp(join(tmpdir(), 'roadside-demo-'));
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const summary = await demonstrate(options, { folder, io, closing });
    if (options.json !== null) await writeFile(options.json, `${JSON.stringify(summary, null, 2)}\n`);
    const short = shortfalls(summary);
    io.out(closingText(summary, short));
    if (short.length > 0) return 1;
    await rm(folder, { recursive: true, force: true });
    return 0;
  } catch (error) {
    io.error(`The gateway's log is in ${folder}`);
    throw error;
  } finally {
    for (const close of closing.toReversed()) await close().catch(() => undefined);
  }
}

interface DemoOptions {
  readonly seconds: number;
  readonly json: string | null;
  readonly seed: number;
}

interface Stage {
  readonly folder: string;
  readonly io: CommandIo;
  readonly closing: (() => Promise<unknown>)[];
}

async function demonstrate(options: DemoOptions, { folder, io, closing }: Stage): Promise<DemoSummary> {
  const clock = createSystemClock();
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);

  io.out('Starting the virtual intersection, the broker and the gateway … 正在启动');
  const north = await readNorthTruth();
  const broker = await openDemoBroker();
  closing.push(() => broker.close());
  const road = await openVirtualRoad({ seed: options.seed, north });
  closing.push(() => road.close());
  const siteFile = join(folder, 'site.yaml');
  await writeFile(siteFile, demoSiteFile({ ...road, brokerUrl: broker.url, folder }, north));

  const contract = readContract(CONTRACT_FILE);
  const ledger = createPlatformLedger(contract);
  const measured = createMeasuredSite();
  const link = await openPlatformLink({
    url: broker.url,
    clientId: 'demo-platform',
    protocol: 4,
    topics: contract.topicsOf(DEMO_SITE_ID),
    onPayload(topic, payload) {
      const record = ledger.take(topic, payload);
      if (record !== null) measured.take(record, clock.now().wallMs);
    },
  });
  closing.push(() => link.close());
  const gateway = spawnGateway({ siteFile, logFile: join(folder, 'gateway.log') });
  closing.push(() => gateway.stop(1000));
  const socket = join(folder, 'control.sock');
  await untilReady(gateway, socket, () => interrupted);

  const beganAtMs = clock.now().wallMs + (await road.begin()) - clock.monoMs();
  const screen = createScreen(io);
  let brokerAway = false;
  while (!interrupted && road.elapsedS() < options.seconds && gateway.exitCode === null) {
    await pause(Math.min(TURN_EVERY_MS, Math.max(1, (options.seconds - road.elapsedS()) * 1000)));
    const elapsedS = road.elapsedS();
    const shouldBeAway = elapsedS >= DEMO_SCRIPT.brokerAway.fromS && elapsedS < DEMO_SCRIPT.brokerAway.toS;
    if (shouldBeAway !== brokerAway) {
      brokerAway = shouldBeAway;
      await (brokerAway ? broker.goAway() : broker.comeBack());
    }
    const overview = await askOverview(socket).catch(() => null);
    const truth = road.truth.lanes();
    screen.show(
      liveTable({ elapsedS, truth, measured, ledger: ledger.totals(), overview, brokerAway }),
      elapsedS,
    );
  }
  road.end();
  const seconds = road.elapsedS();
  await broker.comeBack();
  const processes = processFigures(process.pid);
  await pause(SETTLE_MS);
  await gateway.stop(STOP_WITHIN_MS);
  const store = readStoreTotals(join(folder, 'roadside.db'));
  const lastAtMs = clock.monoMs() + LAST_RECORDS_WITHIN_MS;
  while (ledger.totals().received < store.stored && clock.monoMs() < lastAtMs) await pause(50);
  for (const refusal of ledger.refusals) io.error(refusal);
  return summarise({
    seconds,
    seed: options.seed,
    beganAtMs,
    truth: road.truth.lanes(),
    scripts: road.truth.scripts,
    measured,
    store,
    ledger: ledger.totals(),
    processes,
  });
}

/** Waits until every sensor works, so that the scenario begins with the gateway watching. */
async function untilReady(
  gateway: GatewayChild,
  socket: string,
  isInterrupted: () => boolean,
): Promise<void> {
  const clock = createSystemClock();
  const untilMs = clock.monoMs() + READY_WITHIN_MS;
  while (!isInterrupted()) {
    const overview = await askOverview(socket).catch(() => null);
    if (overview !== null && isWorking(overview)) return;
    if (gateway.exitCode !== null || clock.monoMs() > untilMs) {
      throw new RoadsideError('control-unreachable', 'the gateway did not become ready', {
        hint: 'Look at gateway.log in the folder named above; the last lines say what is missing.',
      });
    }
    await pause(TURN_EVERY_MS);
  }
}

function isWorking({ processes, uplink }: Overview): boolean {
  const sensors = processes.flatMap((process) => process.sensors);
  return uplink.state === 'online' && sensors.length > 0 && sensors.every(({ state }) => state === 'working');
}

/** On a terminal the table stays in place; in a file it comes every ten seconds. */
function createScreen(io: CommandIo): { show(lines: readonly string[], elapsedS: number): void } {
  const live = createLiveScreen(io);
  let nextAtS = 0;
  return {
    show(lines, elapsedS) {
      if (process.stdout.isTTY) {
        live.show(lines);
      } else if (elapsedS >= nextAtS) {
        nextAtS = Math.floor(elapsedS / 10) * 10 + 10;
        io.out(`${lines.join('\n')}\n`);
      }
    },
  };
}

function closingText({ records, incidents }: DemoSummary, short: readonly string[]): string {
  const seen = incidents.map(
    ({ kind, lane, truthAt, openedAt, closedAt }) =>
      `  ${kind} ${lane}: began 发生 ${truthAt ?? '-'} s, opened 报警 ${openedAt ?? '-'} s, closed 解除 ${closedAt ?? '-'} s`,
  );
  const verdict =
    short.length === 0
      ? 'Nothing lost, nothing invalid, every loop counted right. 无丢失，无错误，线圈计数正确。'
      : `Not as it should be 未达到要求:\n${short.map((line) => `  ${line}`).join('\n')}`;
  const { stored, acknowledged, received, lost, duplicates } = records;
  return [
    '',
    `Records 记录: stored 存储 ${stored}, acknowledged 确认 ${acknowledged}, received 收到 ${received}, lost 丢失 ${lost}, repeated 重复 ${duplicates}`,
    ...seen,
    verdict,
  ].join('\n');
}

function parseDemoArgs(args: readonly string[]): DemoOptions {
  return parseUsage(DEMO_USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: { seconds: { type: 'string' }, json: { type: 'string' }, seed: { type: 'string' } },
    });
    const seconds = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds);
    if (!(seconds >= 5)) throw new RangeError('--seconds is a number of at least 5');
    const seed = Number(values.seed ?? DEFAULT_SEED);
    if (!Number.isInteger(seed)) throw new RangeError('--seed is a whole number');
    return { seconds, json: values.json ?? null, seed };
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
