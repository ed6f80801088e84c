import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Overview } from '../../src/app/overview.ts';
import { type LoopCards, openLoopCards } from '../../src/simulator/cards/loop-cards.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { openStore } from '../../src/store/store.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../fakes/broker-subscriber.ts';
import { driveOneCar } from '../fakes/one-car.ts';
import { createRunningGateway } from '../fakes/running-gateway.ts';

const CLI = 'src/processes/cli.ts';
const run = promisify(execFile);

let folder: string;
let cards: LoopCards;
let cardPort: number;
const gateway = createRunningGateway(() => folder);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-gateway-'));
  cardPort = await freeTcpPort();
  cards = await openLoopCards({ tcp: [{ port: cardPort, unit: 1, channels: ['a', 'b'] }], rtu: [] });
});
afterEach(async () => {
  await gateway.end('SIGKILL');
  await cards.close();
  await rm(folder, { recursive: true, force: true });
});

async function writeSite(brokerUrl: string, more: object = {}): Promise<string> {
  const file = join(folder, 'site.yaml');
  const site = {
    version: 1,
    site: { id: 'test-cross', name: 'Test' },
    flow: { intervalsS: [10] },
    approaches: [
      { id: 'west', name: 'West', lanes: [{ number: 1, station: { loops: ['a', 'b'], spacingM: 4.5 } }] },
    ],
    buses: [
      {
        id: 'lan',
        protocol: 'modbus-tcp',
        host: '127.0.0.1',
        port: cardPort,
        devices: [{ id: 'card', driver: 'generic-di16', pollMs: 10, loops: ['a', 'b'] }],
      },
    ],
    uplink: { url: brokerUrl, publishPassages: true, publishHiRes: true, reconnectMaxS: 1 },
    store: { file: 'roadside.db', maxMegabytes: 64, passagesWaitS: 0 },
    control: { socket: 'control.sock' },
    ...more,
  };
  await writeFile(file, stringify(site));
  return file;
}

const reads = (overview: Overview): boolean =>
  overview.processes.some(({ sensors }) => sensors.some(({ state }) => state === 'working'));
const counted = (count: number) => (overview: Overview) =>
  overview.lanes[0]?.measures[0]?.countSinceStart === count;

describe('the gateway on a real card and Mosquitto', () => {
  test('killed with SIGKILL in mid-flow it loses no stored record, and what it recorded replays byte for byte', async () => {
    const broker = await startMosquitto();
    await broker.start();
    const platform = await openSubscriber({ url: broker.url, version: 5 });
    const site = await writeSite(broker.url);
    try {
      gateway.start(site);
      await gateway.overviewOnce(reads);
      for (let car = 0; car < 4; car += 1) await driveOneCar(cards);
      await gateway.overviewOnce((overview) => overview.store.stored >= 3);
      await gateway.end('SIGKILL');

      const recording = join(folder, 'road.ndjson');
      gateway.start(site, '--record', recording);
      const { boot } = await gateway.overviewOnce(reads);
      for (let car = 0; car < 3; car += 1) await driveOneCar(cards);
      await gateway.overviewOnce(counted(3));
      await gateway.end('SIGTERM');

      const store = openStore({ file: join(folder, 'roadside.db') });
      const rows = store.readLedger({ limit: 1000 });
      const { stored, pending } = store.totals();
      store.close();
      await platform.untilDistinct(stored);
      const report = platform.report();
      expect(pending).toBe(0);
      expect(report).toMatchObject({ distinct: stored, gaps: [], invalid: [] });

      const replayed = await run(process.execPath, [CLI, 'replay', recording]);
      const ofRoad = rows.filter(({ stream }) => stream !== 'audit');
      const ofBoot = ofRoad.map(({ body }) => body).filter((body) => body.includes(boot));
      expect(ofBoot.length).toBeGreaterThanOrEqual(4);
      expect(replayed.stdout.trimEnd().split('\n')).toEqual(ofBoot);
    } finally {
      await platform.close();
      await broker.dispose();
    }
  });

  test('with a model that is missing and a broker that refuses it works on its loops and says both', async () => {
    const picture = { widthPx: 640, heightPx: 360 };
    const line = [
      [10, 200],
      [300, 200],
    ];
    const lane = {
      lane: 'west-1',
      polygon: [
        [10, 100],
        [300, 100],
        [300, 300],
        [10, 300],
      ],
      countLine: line,
      direction: [
        [150, 100],
        [150, 300],
      ],
    };
    const camera = {
      id: 'cam',
      source: { kind: 'rtsp', url: 'rtsp://127.0.0.1:9/none' },
      picture,
      lanes: [lane],
    };
    const site = await writeSite(`mqtt://127.0.0.1:${await freeTcpPort()}`, { cameras: [camera] });
    gateway.start(site, '--models', join(folder, 'nowhere'));
    await gateway.overviewOnce(reads);
    await driveOneCar(cards);
    const overview = await gateway.overviewOnce(counted(1));
    expect(overview.faults).toMatchObject([{ layer: 'model', sensor: 'nanodet-g', code: 'model-missing' }]);
    const refused = await gateway.overviewOnce(({ uplink }) => uplink.error !== null);
    expect(refused.uplink.error?.code).toBe('uplink-unreachable');
    expect(refused.store.pending).toBeGreaterThan(0);
  });

  test('with a card that is not there it runs, and blames the port', async () => {
    await cards.close();
    gateway.start(await writeSite(`mqtt://127.0.0.1:${await freeTcpPort()}`));
    const overview = await gateway.overviewOnce(({ faults }) => faults.length > 0);
    expect(overview.faults).toMatchObject([{ layer: 'port', sensor: 'lan' }]);
    cards = await openLoopCards({ tcp: [{ port: cardPort, unit: 1, channels: ['a', 'b'] }], rtu: [] });
    await gateway.overviewOnce(({ faults }) => faults.length === 0);
  });
});
