import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createUplink, type Uplink, type UplinkSettings } from '../../src/uplink/uplink.ts';
import { localSettings, type TestBroker, until } from '../fakes/broker.ts';
import { startAedes } from '../fakes/broker-aedes.ts';
import { makeCertificates } from '../fakes/broker-certificates.ts';
import { openLink } from '../fakes/broker-link.ts';
import { type MosquittoOptions, startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber } from '../fakes/broker-subscriber.ts';
import { incidentRecord, passageRecord } from '../fakes/records.ts';
import { siteInventory } from '../fakes/site-inventory.ts';

let folder: string;
let store: Store;
/** Undone in reverse. */
const leave: (() => unknown)[] = [];
const clock = createSystemClock();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-session-'));
  store = openStore({
    file: join(folder, 'store.db'),
    upstreams: [{ name: 'platform', streams: new Set(['passage', 'incident'] as const) }],
    clock,
  });
  leave.push(() => rmSync(folder, { recursive: true }));
  leave.push(() => store.close());
});
afterEach(async () => {
  for (const undo of leave.splice(0).reverse()) await undo();
});

async function mosquitto(options: MosquittoOptions = {}): Promise<TestBroker> {
  const broker = await startMosquitto(options);
  leave.push(() => broker.dispose());
  return broker;
}

async function subscriber(options: Parameters<typeof openSubscriber>[0]): Promise<PlatformSubscriber> {
  const platform = await openSubscriber(options);
  leave.push(() => platform.close());
  return platform;
}

function startUplink(url: string, changes: Partial<UplinkSettings> = {}, session = 'session-1'): Uplink {
  const uplink = createUplink({
    site: 'renmin-lu-3',
    session,
    settings: localSettings(url, changes),
    outbox: store.outbox('platform'),
    inventory: siteInventory,
    clock,
  });
  uplink.start();
  leave.push(() => uplink.stop(0));
  return uplink;
}

function textFile(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function online(uplink: Uplink): Promise<void> {
  await until(() => uplink.status().state === 'online');
}

async function errorOf(uplink: Uplink): Promise<string | undefined> {
  await until(() => uplink.status().error !== null);
  expect(uplink.status().error?.hint).toMatch(/\.$/);
  return uplink.status().error?.code;
}

/** MQTT 5 control packets as bytes: CONNACK with success, DISCONNECT with reason 0x8E. */
const ACCEPT_MQTT_5 = [0x20, 0x03, 0x00, 0x00, 0x00];
const DISCONNECT_TAKEN_OVER = [0xe0, 0x02, 0x8e, 0x00];

/** A broker that answers whatever arrives with the next packet of a script. Returns its port. */
async function startScriptedBroker(script: readonly (readonly number[])[]): Promise<number> {
  const server = createServer((socket) => {
    let step = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const packet = script[step];
      step += 1;
      if (packet === undefined) socket.end();
      else socket.write(Uint8Array.from(packet));
    });
    leave.push(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  leave.push(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('an account', () => {
  const accounts = { cabinet: 'right', platform: 'platform' };

  it('with the password of the file is let in; the file may end with a line feed', async () => {
    const broker = await mosquitto({ accounts });
    const passwordFile = textFile('password', 'right\n');
    await online(startUplink(broker.url, { user: 'cabinet', passwordFile }));
  });

  it('with a wrong password is told so, and let in once the file is corrected, without a restart', async () => {
    const broker = await mosquitto({ accounts });
    const passwordFile = textFile('password', 'wrong');
    const uplink = startUplink(broker.url, { user: 'cabinet', passwordFile });
    expect(await errorOf(uplink)).toBe('uplink-credentials');
    textFile('password', 'right');
    await online(uplink);
    expect(uplink.status()).toMatchObject({ error: null, connects: 1 });
  });

  it('whose password file is missing is told which file', async () => {
    const uplink = startUplink('mqtt://127.0.0.1:1', { user: 'cabinet', passwordFile: join(folder, 'none') });
    expect(await errorOf(uplink)).toBe('uplink-credentials');
    expect(uplink.status().error?.text).toContain(join(folder, 'none'));
  });

  it('that may not publish a stream keeps those records and still delivers the others', async () => {
    const accessList = [
      'user cabinet',
      'topic write roadside/v1/+/state',
      'topic write roadside/v1/+/incident',
      'user platform',
      'topic read #',
    ];
    const broker = await mosquitto({ accounts, accessList });
    const platform = await subscriber({
      url: broker.url,
      version: 5,
      user: 'platform',
      password: 'platform',
    });
    const passwordFile = textFile('password', 'right');
    store.append(Array.from({ length: 200 }, (_, index) => passageRecord({ seq: index + 1 })));
    const uplink = startUplink(broker.url, { user: 'cabinet', passwordFile });
    await until(() => uplink.status().error?.code === 'uplink-credentials');
    store.append([incidentRecord({ seq: 1 })]);
    uplink.notify();
    await platform.untilDistinct(1);
    await until(() => store.outbox('platform').depth() === 200);
    // This Mosquitto hangs up after each refusal; once the stream is held the connection stays.
    let held = -1;
    while (uplink.status().published !== held) {
      held = uplink.status().published;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(uplink.status()).toMatchObject({ state: 'online', acknowledged: 1 });
    expect(held).toBeLessThan(100);
  });
});

describe('a broker with TLS', () => {
  function certificates(name: string, subjectAltName: string) {
    mkdirSync(join(folder, name));
    return makeCertificates(join(folder, name), subjectAltName);
  }

  it('is trusted with its authority and its name, and with no other', async () => {
    const ours = certificates('ours', 'IP:127.0.0.1');
    const others = certificates('others', 'IP:127.0.0.1');
    const broker = await mosquitto({ tls: ours });
    await online(startUplink(broker.url, { caFile: ours.caFile, clientId: 'right' }));
    const stranger = startUplink(broker.url, { caFile: others.caFile, clientId: 'wrong' });
    expect(await errorOf(stranger)).toBe('uplink-tls');
    const unknown = startUplink(broker.url, { clientId: 'none' });
    expect(await errorOf(unknown)).toBe('uplink-tls');
    expect([stranger, unknown].map((uplink) => uplink.status().connects)).toEqual([0, 0]);
  });

  it('is refused when its certificate is for another name', async () => {
    const tls = certificates('named', 'DNS:platform.example');
    const broker = await mosquitto({ tls });
    const uplink = startUplink(broker.url, { caFile: tls.caFile });
    expect(await errorOf(uplink)).toBe('uplink-tls');
    expect(uplink.status().connects).toBe(0);
  });

  it('is not mistaken for one without, nor the other way round', async () => {
    const tls = certificates('tls', 'IP:127.0.0.1');
    const withTls = await mosquitto({ tls });
    const without = await mosquitto();
    const plain = startUplink(withTls.url.replace('mqtts', 'mqtt'));
    expect(await errorOf(plain)).toBe('uplink-refused');
    const secured = startUplink(without.url.replace('mqtt', 'mqtts'), { caFile: tls.caFile });
    expect(await errorOf(secured)).toBe('uplink-tls');
  });

  it('is not asked at all when the authority file holds no certificate', async () => {
    const keyFile = textFile('key.pem', 'no key');
    const uplink = startUplink('mqtts://127.0.0.1:1', { certFile: keyFile, keyFile });
    expect(await errorOf(uplink)).toBe('uplink-tls');
  });
});

describe('an address', () => {
  it('that no name server knows is told apart from a broker that does not run', async () => {
    expect(await errorOf(startUplink('mqtt://broker.invalid'))).toBe('uplink-dns');
    const nobody = startUplink(`mqtt://127.0.0.1:${await freeTcpPort()}`);
    expect(await errorOf(nobody)).toBe('uplink-unreachable');
    expect(await errorOf(startUplink('http://127.0.0.1'))).toBe('config-invalid');
  });
});

describe('a session', () => {
  it('has a retained birth, and a clean stop replaces it by "offline, stopped" instead of the will', async () => {
    const broker = await mosquitto();
    const uplink = startUplink(broker.url);
    await online(uplink);
    const platform = await subscriber({ url: broker.url, version: 5 });
    await until(() => platform.states().length === 1);
    expect(platform.states()[0]).toMatchObject({
      topic: 'roadside/v1/renmin-lu-3/state',
      retained: true,
      payload: { state: 'online', session: 'session-1', configRev: 'a1b2c3', sensors: ['loop-n1a'] },
    });
    await uplink.stop(5000);
    await until(() => platform.states().length === 2);
    expect(platform.states()[1]?.payload).toMatchObject({ state: 'offline', reason: 'stopped' });
    expect(uplink.status()).toMatchObject({ state: 'stopped', protocol: null, inFlight: 0 });
    expect(platform.report().invalid).toEqual([]);
  });

  it('that another client with the same id takes over gives way and hints at the other', async () => {
    const broker = await mosquitto();
    const slow = { reconnectMinMs: 60_000, reconnectMaxMs: 60_000 };
    const first = startUplink(broker.url, slow, 'session-1');
    await online(first);
    const second = startUplink(broker.url, slow, 'session-2');
    // Mosquitto 2.0.11 hangs up without the DISCONNECT that MQTT 5 has for this; others send it.
    expect(await errorOf(first)).toBe('uplink-unreachable');
    expect(first.status().error?.hint).toContain('another gateway may use this clientId');
    await online(second);

    const port = await startScriptedBroker([ACCEPT_MQTT_5, DISCONNECT_TAKEN_OVER]);
    expect(await errorOf(startUplink(`mqtt://127.0.0.1:${port}`, slow))).toBe('uplink-taken-over');
  });

  it('on a link gone silent is given up at the acknowledgement deadline, and nothing is lost', async () => {
    const broker = await mosquitto();
    const platform = await subscriber({ url: broker.url, version: 5 });
    const link = await openLink(broker.port);
    leave.push(() => link.dispose());
    const uplink = startUplink(link.url, { ackDeadlineMs: 300 });
    await online(uplink);
    link.freeze();
    store.append([incidentRecord({ seq: 1 })]);
    uplink.notify();
    expect(await errorOf(uplink)).toBe('uplink-ack-overdue');
    await platform.untilDistinct(1);
    await until(() => store.outbox('platform').depth() === 0);
    expect(uplink.status()).toMatchObject({ state: 'online', connects: 2 });
  });

  it('leaves at its deadline when the link is silent', async () => {
    const broker = await mosquitto();
    const link = await openLink(broker.port);
    leave.push(() => link.dispose());
    const uplink = startUplink(link.url);
    await online(uplink);
    link.freeze();
    store.append([incidentRecord({ seq: 1 })]);
    uplink.notify();
    await until(() => uplink.status().inFlight === 1);
    await uplink.stop(100);
    expect(uplink.status().state).toBe('stopped');
    expect(store.outbox('platform').depth()).toBe(1);
  });

  it('has no more under way than the broker allows', async () => {
    const broker = await mosquitto({ extra: ['max_inflight_messages 3'] });
    const link = await openLink(broker.port);
    leave.push(() => link.dispose());
    const uplink = startUplink(link.url);
    await online(uplink);
    link.freeze();
    store.append(Array.from({ length: 50 }, (_, index) => passageRecord({ seq: index + 1 })));
    uplink.notify();
    await until(() => uplink.status().inFlight > 0);
    expect(uplink.status()).toMatchObject({ inFlight: 3, published: 3 });
  });

  it('falls back to MQTT 3.1.1 and stays there for the next connection', async () => {
    const broker = await startAedes();
    leave.push(() => broker.dispose());
    const link = await openLink(broker.port);
    leave.push(() => link.dispose());
    const uplink = startUplink(link.url);
    await online(uplink);
    expect(uplink.status()).toMatchObject({ protocol: 4, connects: 1, error: null });
    link.cut();
    await until(() => uplink.status().connects === 2);
    await online(uplink);
    expect(uplink.status().protocol).toBe(4);
  });
});
