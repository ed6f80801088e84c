import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { Delivery, MqttSession } from '../../src/uplink/mqtt-session.ts';
import { createUplink, type Uplink } from '../../src/uplink/uplink.ts';
import { localSettings, until } from '../fakes/broker.ts';
import { startAedes } from '../fakes/broker-aedes.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { passageRecord } from '../fakes/records.ts';
import { siteInventory } from '../fakes/site-inventory.ts';

const TOPIC = 'roadside/v1/renmin-lu-3/command';
let folder: string;
let store: Store;
let deliveries: Delivery[];
let link: Pick<MqttSession, 'publish'> | null;
/** Undone in reverse. */
const leave: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-port-'));
  store = openStore({
    file: join(folder, 'store.db'),
    upstreams: [{ name: 'platform', streams: new Set(['passage'] as const) }],
  });
  deliveries = [];
  link = null;
  leave.push(() => rmSync(folder, { recursive: true }));
  leave.push(() => store.close());
});
afterEach(async () => {
  for (const undo of leave.splice(0).reverse()) await undo();
});

function startUplink(url: string): Uplink {
  const uplink = createUplink({
    site: 'renmin-lu-3',
    session: 'session-1',
    settings: localSettings(url),
    outbox: store.outbox('platform'),
    inventory: siteInventory,
    clock: createSystemClock(),
    commands: {
      topic: TOPIC,
      received: (delivery) => deliveries.push(delivery),
      connected: (to) => {
        link = to;
      },
      disconnected: () => {
        link = null;
      },
    },
  });
  uplink.start();
  leave.push(() => uplink.stop(0));
  return uplink;
}

describe.each([
  { name: 'Mosquitto (MQTT 5)', startBroker: () => startMosquitto() },
  { name: 'Aedes (MQTT 3.1.1)', startBroker: startAedes },
])('commands from $name', ({ startBroker }) => {
  it('come from their own topic, byte for byte; what was retained is known as such or does not come', async () => {
    const broker = await startBroker();
    leave.push(() => broker.dispose());
    const client = await connectAsync(broker.url, { protocolVersion: broker.protocol });
    leave.push(() => client.endAsync(true));
    await client.publishAsync(TOPIC, 'old', { qos: 1, retain: true });
    startUplink(broker.url);
    await until(() => link !== null);
    for (const topic of [
      TOPIC,
      `${TOPIC}/x`,
      'roadside/v1/other/command',
      'roadside/v1/renmin-lu-3/replay/command',
    ]) {
      await client.publishAsync(topic, `to ${topic}`, { qos: 1 });
    }
    await client.publishAsync(TOPIC, 'last', { qos: 1 });
    await until(() => deliveries.some(({ bytes }) => String(bytes) === 'last'));
    const live = deliveries.filter(({ retained }) => !retained);
    expect(live.map(({ bytes }) => String(bytes))).toEqual([`to ${TOPIC}`, 'last']);
    const retained = deliveries.filter((each) => each.retained).map(({ bytes }) => String(bytes));
    expect(retained).toEqual(broker.protocol === 5 ? [] : ['old']);
  });
});

describe('a broker', () => {
  it('that sends no commands to this site still gets its records, and the refusal is told', async () => {
    const aedes = await Aedes.createBroker({
      authorizeSubscribe: (_client, _wish, done) => done(null, null),
    });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      aedes.handle(socket);
    }).listen(0, '127.0.0.1');
    leave.push(() => new Promise<void>((resolve) => aedes.close(resolve)));
    leave.push(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    store.append([passageRecord({ seq: 1 })]);
    const uplink = startUplink(`mqtt://127.0.0.1:${port}`);
    await until(() => uplink.status().error !== null && uplink.status().acknowledged === 1);
    expect(uplink.status()).toMatchObject({ state: 'online', error: { code: 'uplink-credentials' } });
    expect(uplink.status().error?.text).toContain(TOPIC);
  });
});
