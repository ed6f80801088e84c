import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, createSystemClock } from '../../src/base/clock.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { TrafficRecord } from '../../src/traffic/record.ts';
import { createUplink, type Uplink, type UplinkSettings } from '../../src/uplink/uplink.ts';
import { localSettings, type TestBroker, until } from '../fakes/broker.ts';
import { startAedes } from '../fakes/broker-aedes.ts';
import { openLink } from '../fakes/broker-link.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber } from '../fakes/broker-subscriber.ts';
import { faultRecord, flowRecord, incidentRecord, passageRecord } from '../fakes/records.ts';
import { siteInventory } from '../fakes/site-inventory.ts';

const WINDOW = 20;
const BROKERS = [
  { name: 'Mosquitto (MQTT 5)', startBroker: () => startMosquitto() },
  { name: 'Aedes (MQTT 3.1.1)', startBroker: startAedes },
];

describe.each(BROKERS)('the uplink to $name', ({ startBroker }) => {
  let folder: string;
  let store: Store;
  let broker: TestBroker;
  let platform: PlatformSubscriber;
  let uplink: Uplink | null;
  const systemClock = createSystemClock();

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'roadside-uplink-'));
    store = open(systemClock);
    broker = await startBroker();
    platform = await openSubscriber({ url: broker.url, version: broker.protocol });
    uplink = null;
  });
  afterEach(async () => {
    await uplink?.stop(0);
    await platform.close();
    await broker.dispose();
    store.close();
    rmSync(folder, { recursive: true });
  });

  function open(clock: Clock): Store {
    const relayedStreams = new Set(['passage', 'flow', 'incident', 'fault'] as const);
    return openStore({
      file: join(folder, 'store.db'),
      upstreams: [{ name: 'platform', streams: relayedStreams }],
      clock,
    });
  }

  function startUplink(url = broker.url, changes: Partial<UplinkSettings> = {}): Uplink {
    uplink = createUplink({
      site: 'renmin-lu-3',
      session: 'session-1',
      settings: localSettings(url, { window: WINDOW, ...changes }),
      outbox: store.outbox('platform'),
      inventory: siteInventory,
      clock: systemClock,
    });
    uplink.start();
    return uplink;
  }

  function passages(count: number, boot = 'boot-1'): TrafficRecord[] {
    return Array.from({ length: count }, (_, index) => passageRecord({ seq: index + 1, boot }));
  }

  it('delivers a backlog once, in order, incidents first, and every payload keeps the contract', async () => {
    store.append(passages(300));
    for (let seq = 1; seq <= 20; seq += 1) {
      store.append([flowRecord({ seq }), incidentRecord({ seq }), faultRecord({ seq })]);
    }
    const running = startUplink();
    await platform.untilDistinct(360);
    await until(() => store.outbox('platform').depth() === 0);

    expect(platform.report()).toEqual({
      distinct: 360,
      duplicates: 0,
      gaps: [],
      disordered: [],
      invalid: [],
    });
    const streams = platform.records().map(({ payload }) => payload['stream']);
    expect(new Set(streams.slice(0, 40))).toEqual(new Set(['incident', 'fault']));
    expect(new Set(streams.slice(40))).toEqual(new Set(['flow', 'passage']));
    expect(running.status()).toMatchObject({
      state: 'online',
      protocol: broker.protocol,
      error: null,
      published: 360,
      acknowledged: 360,
      inFlight: 0,
      connects: 1,
    });
    expect(store.totals()).toMatchObject({ stored: 360, acknowledged: 360, pending: 0, damaged: 0 });
  });

  it('sends a new record as soon as it is told of it, on the live topic of its lane', async () => {
    const running = startUplink();
    await until(() => running.status().state === 'online');
    const record = flowRecord({ seq: 1, lane: 'east-2' });
    store.append([record]);
    running.notify();
    await platform.untilDistinct(1);
    const [receipt] = platform.records();
    expect(receipt?.topic).toBe('roadside/v1/renmin-lu-3/flow/east-2');
    expect(receipt?.payload).toMatchObject({ ...record, replayed: false, schema: 'roadside.flow/1' });
    if (broker.protocol === 5) {
      expect(receipt?.properties).toMatchObject({
        contentType: 'application/json',
        messageExpiryInterval: expect.any(Number),
        userProperties: { schema: 'roadside.flow/1', replayed: 'false' },
      });
    }
  });

  it('sends what could not be sent live to the replay topics, marked', async () => {
    store.close();
    const minuteAgo = (): number => systemClock.now().wallMs - 60_000;
    store = open({ ...systemClock, now: () => ({ ...systemClock.now(), wallMs: minuteAgo() }) });
    store.append([incidentRecord({ seq: 1 }), passageRecord({ seq: 1 })]);
    startUplink();
    await platform.untilDistinct(2);
    expect(platform.records().map(({ topic, payload }) => [topic, payload['replayed']])).toEqual([
      ['roadside/v1/renmin-lu-3/replay/incident', true],
      ['roadside/v1/renmin-lu-3/replay/passage/north-1', true],
    ]);
    expect(platform.report().invalid).toEqual([]);
  });

  it('loses nothing when the link is cut three times in mid-drain, and repeats at most a window each', async () => {
    const link = await openLink(broker.port);
    store.append(passages(1000));
    startUplink(link.url);
    for (const received of [200, 450, 700]) {
      await platform.untilDistinct(received);
      link.cut();
    }
    await platform.untilDistinct(1000);
    await until(() => store.outbox('platform').depth() === 0);
    link.dispose();
    const report = platform.report();
    expect(report).toMatchObject({ distinct: 1000, gaps: [], disordered: [] });
    expect(report.duplicates).toBeLessThanOrEqual(3 * WINDOW);
    expect(uplink?.status().connects).toBe(4);
  });

  it('loses nothing when the broker is restarted in mid-drain', async () => {
    store.append(passages(1000));
    const running = startUplink();
    await platform.untilDistinct(300);
    await broker.stop();
    await until(() => running.status().state === 'offline');
    expect(running.status()).toMatchObject({ protocol: null, error: { code: expect.any(String) } });
    store.append(passages(50, 'boot-2'));
    running.notify();
    await broker.start();
    await platform.untilDistinct(1050);
    await until(() => store.outbox('platform').depth() === 0);
    const report = platform.report();
    expect(report).toMatchObject({ distinct: 1050, gaps: [], invalid: [] });
    // Aedes mixes what it kept for a returning subscriber with what is live.
    if (broker.protocol === 5) expect(report.disordered).toEqual([]);
    expect(report.duplicates).toBeLessThanOrEqual(WINDOW);
    expect(running.status().error).toBeNull();
  });
});
