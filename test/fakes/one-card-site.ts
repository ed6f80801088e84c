/** A gateway in a process of its own, with one loop card, a real Mosquitto and a platform that listens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Overview } from '../../src/app/overview.ts';
import { askOverview } from '../../src/cli/control-client.ts';
import { type LoopCards, openLoopCards } from '../../src/simulator/cards/loop-cards.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import type { TestBroker } from './broker.ts';
import { startMosquitto } from './broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber } from './broker-subscriber.ts';
import { endChild, hasEnded } from './end-child.ts';

const CLI = 'src/processes/cli.ts';

export interface OneCardSite {
  readonly folder: string;
  readonly cards: LoopCards;
  readonly broker: TestBroker;
  readonly platform: PlatformSubscriber;
  start(env?: Readonly<Record<string, string>>): void;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The first overview that is so; waits for as long as the gateway runs. */
  overviewOnce(isSo: (overview: Overview) => boolean): Promise<Overview>;
  /** Payloads of one stream, in order of arrival. */
  received(stream: string): readonly Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

/** @param uplink keys of the site file's `uplink`, beside the address */
export async function openOneCardSite(uplink: object = {}): Promise<OneCardSite> {
  const folder = await mkdtemp(join(tmpdir(), 'roadside-one-card-'));
  const port = await freeTcpPort();
  const cards = await openLoopCards({ tcp: [{ port, unit: 1, channels: ['a', 'b'] }], rtu: [] });
  const broker = await startMosquitto();
  const platform = await openSubscriber({ url: broker.url, version: 5 });
  const site = {
    ...{ version: 1, site: { id: 'test-cross', name: 'Test' }, flow: { intervalsS: [10] } },
    approaches: [
      { id: 'west', name: 'West', lanes: [{ number: 1, station: { loops: ['a', 'b'], spacingM: 4.5 } }] },
    ],
    buses: [
      {
        ...{ id: 'lan', protocol: 'modbus-tcp', host: '127.0.0.1', port },
        devices: [{ id: 'card', driver: 'generic-di16', pollMs: 10, loops: ['a', 'b'] }],
      },
    ],
    uplink: { url: broker.url, publishPassages: true, reconnectMaxS: 1, backfillDelayMaxS: 0, ...uplink },
    store: { file: 'roadside.db', maxMegabytes: 64, passagesWaitS: 0 },
    control: { socket: 'control.sock' },
  };
  await writeFile(join(folder, 'site.yaml'), stringify(site));
  let gateway: ChildProcess | null = null;
  return {
    ...{ folder, cards, broker, platform },
    start(env = {}) {
      const args = [CLI, 'run', join(folder, 'site.yaml'), '--log-level', 'error'];
      gateway = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    },
    async stop(signal = 'SIGTERM') {
      if (gateway === null) return;
      await endChild(gateway, signal);
      gateway = null;
    },
    async overviewOnce(isSo) {
      for (;;) {
        const overview = await askOverview(join(folder, 'control.sock')).catch(() => null);
        if (overview !== null && isSo(overview)) return overview;
        if (gateway !== null && hasEnded(gateway)) throw new Error('the gateway has ended by itself');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    received: (stream) =>
      platform
        .records()
        .map(({ payload }) => payload)
        .filter((payload) => payload['stream'] === stream),
    async close() {
      gateway?.kill('SIGKILL');
      await platform.close();
      await broker.dispose();
      await cards.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const isReading = ({ processes }: Overview): boolean =>
  processes.some(({ sensors }) => sensors.some(({ state }) => state === 'working'));
export const hasCounted =
  (cars: number) =>
  ({ lanes }: Overview): boolean =>
    lanes[0]?.measures[0]?.countSinceStart === cars;
