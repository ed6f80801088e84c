/** A real gateway for a minute on every kind of device at once, and what came of it on the platform. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { Overview } from '../../src/app/overview.ts';
import { askOverview } from '../../src/cli/control-client.ts';
import type { FaultRecord, FlowRecord, PassageRecord } from '../../src/traffic/record.ts';
import { startMosquitto } from './broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber } from './broker-subscriber.ts';
import {
  openAsciiCounter,
  openCanoga,
  openContacts,
  openG4,
  openG4Vehicles,
  openGbt,
  openSs105,
  openSs125,
  openSs125Vehicles,
  PERIODS_S,
} from './frame-stands.ts';
import { openDeviceServer, openPulseCounter, openRs485 } from './modbus-stands.ts';
import { approachOf, laneName, type Stand } from './stand.ts';
import { createStreet, type TrueVehicle } from './street.ts';

const CLI = 'src/processes/cli.ts';
const run = promisify(execFile);
export const WIDTHS_S = [10, 20];
/** The lane of the card that is unplugged on the way. */
export const UNPLUGGED = 'rs485-2';
const DRIVE_S = 34;
const UNPLUG_AFTER_S = 14;
/** So long after a vehicle every edge that it made has been read. */
const READ_WITHIN_MS = 700;
/** Whatever a device still has to say about the last vehicle is about this time. */
const AFTERMATH_MS = 5000;
const PATIENCE_MS = 60_000;

export interface CabinetRun {
  readonly truth: readonly TrueVehicle[];
  readonly flows: readonly FlowRecord[];
  readonly passages: readonly PassageRecord[];
  readonly faults: readonly FaultRecord[];
  /** Names of all streams that were published. */
  readonly streams: ReadonlySet<unknown>;
  readonly report: ReturnType<PlatformSubscriber['report']>;
  /** `roadside status --json` when the fault was open. */
  readonly status: Overview;
  /** When vehicles began to drive, when the card was unplugged, when the last one had left; UTC ms. */
  readonly startedMs: number;
  readonly unpluggedMs: number;
  readonly drivenMs: number;
}

export async function runCabinet(): Promise<CabinetRun> {
  const folder = await mkdtemp(join(tmpdir(), 'roadside-devices-'));
  const broker = await startMosquitto();
  const platform = await openSubscriber({ url: broker.url, version: 5 });
  const rs485 = await openRs485('rs485');
  const stands: readonly Stand[] = [
    rs485,
    ...(await Promise.all([openDeviceServer('server'), openPulseCounter('pulses'), openCanoga('canoga')])),
    ...(await Promise.all([openContacts('contacts'), openAsciiCounter('ascii'), openG4('g4')])),
    ...(await Promise.all([openG4Vehicles('g4v'), openSs105('ss105'), openSs125('ss125')])),
    ...(await Promise.all([openSs125Vehicles('ss125v'), openGbt('gbt')])),
  ];
  let gateway: ChildProcess | null = null;
  try {
    const site = await writeSite(folder, stands, broker.url);
    const args = [CLI, 'run', site, '--drivers', await copyDrivers(folder), '--log-level', 'error'];
    gateway = spawn(process.execPath, args, { stdio: 'inherit' });
    const ended = once(gateway, 'exit');
    await untilRead(folder, stands, gateway);

    const street = createStreet(
      stands.flatMap(({ name, lanes }) =>
        lanes.map((lane, index) => ({ ...lane, lane: laneName(name, index) })),
      ),
      2026,
    );
    const startedMs = Date.now();
    const driving = street.drive(DRIVE_S);
    // Between two vehicles, so that it is certain which of them the card has told about.
    await until('the lane is free', () => {
      return street.drivenS > UNPLUG_AFTER_S && street.freeForMs(UNPLUGGED) > READ_WITHIN_MS;
    });
    rs485.unplugSecond();
    street.forget(UNPLUGGED);
    const unpluggedMs = Date.now();
    let status = await askStatus(folder);
    await until('the fault is open', async () => {
      status = await askStatus(folder);
      return status.faults.length > 0;
    });
    await driving;
    const drivenMs = Date.now();

    const lanes = new Set(street.truth.map(({ lane }) => lane));
    await until('all lanes have told', () => isAllTold(platform, lanes, drivenMs + AFTERMATH_MS));
    gateway.kill('SIGTERM');
    await ended;
    await until('it said goodbye', () =>
      platform.states().some(({ payload }) => payload['state'] === 'offline'),
    );
    const records = platform.records().map(({ payload }) => payload as { readonly stream?: unknown });
    const of = <T>(stream: string): readonly T[] => records.filter((it) => it.stream === stream) as T[];
    return {
      ...{ truth: street.truth, status, report: platform.report(), startedMs, unpluggedMs, drivenMs },
      flows: of<FlowRecord>('flow'),
      passages: of<PassageRecord>('passage'),
      faults: of<FaultRecord>('fault'),
      streams: new Set(records.map(({ stream }) => stream)),
    };
  } finally {
    gateway?.kill('SIGKILL');
    await platform.close();
    await broker.dispose();
    for (const stand of stands) await stand.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limitMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > limitMs) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function untilRead(folder: string, stands: readonly Stand[], gateway: ChildProcess): Promise<void> {
  let unread: readonly string[] = [];
  await until('all devices are read', async () => {
    if (gateway.exitCode !== null) throw new Error('the gateway did not start');
    const overview = await askOverview(join(folder, 'control.sock')).catch(() => null);
    unread = stands.filter((it) => overview === null || !it.isRead(overview)).map(({ name }) => name);
    return unread.length === 0;
  }).catch((error: unknown) => {
    throw new Error(`never read: ${unread.join(', ')}`, { cause: error });
  });
}

/** The shipped drivers, with the periods that the devices of this run are set to. */
async function copyDrivers(folder: string): Promise<string> {
  const drivers = join(folder, 'drivers');
  await cp('drivers', drivers, { recursive: true });
  for (const [driver, periodS] of Object.entries(PERIODS_S)) {
    const file = join(drivers, 'loops', `${driver}.yaml`);
    const text = (await readFile(file, 'utf8'))
      .replace(/periodS: \d+/, `periodS: ${periodS}`)
      .replace(/pollMs: { default: \d+/, `pollMs: { default: ${periodS * 1000}`);
    await writeFile(file, text);
  }
  return drivers;
}

async function writeSite(folder: string, stands: readonly Stand[], brokerUrl: string): Promise<string> {
  const file = join(folder, 'site.yaml');
  const site = {
    ...{ version: 1, site: { id: 'test-cross', name: 'Test' }, flow: { intervalsS: WIDTHS_S } },
    approaches: stands.map(approachOf),
    buses: stands.map(({ name, bus }) => ({ id: name, ...bus })),
    uplink: { url: brokerUrl, publishPassages: true, reconnectMaxS: 1 },
    store: { file: 'roadside.db', maxMegabytes: 64, passagesWaitS: 0 },
    control: { socket: 'control.sock' },
  };
  await writeFile(file, stringify(site));
  return file;
}

async function askStatus(folder: string): Promise<Overview> {
  // It exits with 2 while a fault is open, and says the same.
  const args = [CLI, 'status', '--socket', join(folder, 'control.sock'), '--json'];
  const { stdout } = await run(process.execPath, args).catch((failure: { stdout: string }) => failure);
  return JSON.parse(stdout) as Overview;
}

/** Every lane has told about the time until then. */
function isAllTold(platform: PlatformSubscriber, lanes: ReadonlySet<string>, untilMs: number): boolean {
  const told = platform
    .records()
    .filter(({ payload }) => payload['stream'] === 'flow' && Number(payload['endMs']) >= untilMs);
  return new Set(told.map(({ payload }) => payload['lane'])).size === lanes.size;
}
