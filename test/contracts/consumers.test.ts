import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { openStore } from '../../src/store/store.ts';
import type { RecordGap, StoredRecord } from '../../src/traffic/stored-record.ts';
import { encodeBirth, encodeOffline, encodeRecord } from '../../src/uplink/publication.ts';
import { createUplink } from '../../src/uplink/uplink.ts';
import { localSettings, type TestBroker, until } from '../fakes/broker.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { faultRecord, flowRecord, gapRecord, incidentRecord, passageRecord } from '../fakes/records.ts';
import { siteInventory } from '../fakes/site-inventory.ts';

const SITE = 'renmin-lu-3';
/** Debian's own Python: another one does not see the packages of the system. */
const PYTHON = '/usr/bin/python3';
const hasPaho = spawnSync(PYTHON, ['-c', 'import paho.mqtt.client']).status === 0;
const example = (file: string): string =>
  fileURLToPath(new URL(`../../docs/contract/examples/${file}`, import.meta.url));

const CONSUMERS = [
  { name: 'in TypeScript', argv: [process.execPath, example('consumer.ts')], absent: false },
  // Skipped, and listed as such, where python3-paho-mqtt is not installed.
  { name: 'in Python', argv: [PYTHON, example('consumer.py')], absent: !hasPaho },
] as const;

describe.each(CONSUMERS)('the example receiver $name', ({ argv, absent }) => {
  let broker: TestBroker;
  let site: MqttClient;
  let consumer: RunningConsumer;

  beforeEach(async () => {
    broker = await startMosquitto();
    site = await connectAsync(broker.url, { protocolVersion: 5 });
    if (!absent) consumer = await startConsumer([...argv, broker.url, 'platform']);
  });
  afterEach(async () => {
    consumer?.kill();
    await site.endAsync(true);
    await broker.dispose();
  });

  async function send(record: StoredRecord, replayed = false): Promise<void> {
    const row = { position: 0, stream: record.stream, body: JSON.stringify(record) };
    const { topic, payload } = encodeRecord(row as Parameters<typeof encodeRecord>[0], {
      ...{ site: SITE, wallMs: record.observedAtMs + 50, replayed },
    });
    await site.publishAsync(topic, payload, { qos: 1 });
  }

  async function sendState({ topic, payload }: ReturnType<typeof encodeBirth>): Promise<void> {
    await site.publishAsync(topic, payload, { qos: 1, retain: true });
  }
  const birth = (session: string) =>
    encodeBirth({ site: SITE, session, wallMs: 0, inventory: siteInventory });
  const will = (session: string) => encodeOffline({ site: SITE, session, reason: 'lost' });

  /** The books after everything before it: the last record tells that all others have come. */
  async function books(boot: string): Promise<unknown> {
    await send(faultRecord({ seq: 1, boot }));
    await consumer.untilLine(`live ${SITE}/${boot}/fault/1`);
    return consumer.end();
  }

  function gap(seq: number, changes: Partial<RecordGap>): StoredRecord {
    return { ...gapRecord({ seq }), reason: 'evicted', count: 1, ranges: [], unnamed: 0, ...changes };
  }
  const flowGap = (fromSeq: number, toSeq: number) =>
    ({ boot: 'boot-1', stream: 'flow', fromSeq, toSeq }) as const;

  it.skipIf(absent)('finds exactly the duplicates, holes, declared losses and void incidents', async () => {
    await sendState(birth('boot-1'));
    for (const seq of [1, 2, 2, 3, 5, 8]) await send(flowRecord({ seq }));
    await send(gap(1, { upstream: 'transport', ranges: [flowGap(4, 4)] }));
    await send(gap(2, { upstream: 'platform', count: 3, ranges: [flowGap(6, 7)], unnamed: 1 }));
    await send(passageRecord({ seq: 4 }));
    for (const seq of [1, 2, 3, 2]) await send(passageRecord({ seq }), true);
    await send({ ...passageRecord({ seq: 3 }), clock: 'restamped' }, true);
    await send(incidentRecord({ seq: 1 }));
    await send(incidentRecord({ seq: 2 }));
    await send({ ...incidentRecord({ seq: 3 }), incident: 'stopped-vehicle/north-1/1', phase: 'close' });
    await sendState(will('boot-1'));
    await sendState(birth('boot-2'));
    await send(incidentRecord({ seq: 4 }), true);
    await send({ ...incidentRecord({ seq: 1, boot: 'boot-2' }), incident: 'wrong-way/north-1/1' });
    await sendState(will('boot-1'));

    expect(await books('boot-2')).toEqual({
      live: 13,
      replayed: 4,
      duplicates: 2,
      corrected: 1,
      unnamed: 1,
      missing: [`${SITE} boot-1 flow 4-4`],
      declared: [`${SITE} boot-1 flow 6-7`],
      voided: [`${SITE} stopped-vehicle/north-1/2`, `${SITE} stopped-vehicle/north-1/4`],
      open: [`${SITE} wrong-way/north-1/1`],
      offline: [],
    });
  });

  it.skipIf(absent)('reports the same hole as missing when no gap record declares it', async () => {
    for (const seq of [1, 2, 3, 5, 8]) await send(flowRecord({ seq }));
    expect(await books('boot-1')).toMatchObject({
      missing: [`${SITE} boot-1 flow 4-4`, `${SITE} boot-1 flow 6-7`],
      declared: [],
      duplicates: 0,
    });
  });

  it.skipIf(absent)('accounts for every number of a store that had to give records up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roadside-consumer-'));
    const clock = createSystemClock();
    const upstreams = [{ name: 'platform', streams: new Set(['flow', 'gap'] as const) }];
    const origin = { site: SITE, boot: 'boot-1', configRev: 'a1b2c3' };
    const store = openStore({ file: join(folder, 'store.db'), upstreams, origin, clock });
    const flows = [1, 2, 3, 4, 5, 6].map((seq) => flowRecord({ seq }));
    store.append(flows.slice(0, 3));
    store.giveUp(flows.slice(3, 5));
    store.append(flows.slice(5));
    const uplink = createUplink({
      ...{ site: SITE, session: 'boot-1', inventory: siteInventory, clock },
      ...{ settings: localSettings(broker.url), outbox: store.outbox('platform') },
    });
    uplink.start();
    await until(() => uplink.status().acknowledged === 5);
    await uplink.stop(1000);
    expect(await books('boot-1')).toMatchObject({
      duplicates: 0,
      missing: [],
      declared: [`${SITE} boot-1 flow 4-5`],
    });
    store.close();
    rmSync(folder, { recursive: true });
  });

  it.skipIf(absent)(
    'is told by the will that the site went silent, and keeps its incidents open',
    async () => {
      await sendState(birth('boot-1'));
      await send(incidentRecord({ seq: 1 }));
      await sendState(will('boot-1'));
      expect(await books('boot-1')).toMatchObject({
        offline: [SITE],
        open: [`${SITE} stopped-vehicle/north-1/1`],
        voided: [],
      });
    },
  );

  it.skipIf(absent)('takes no harm from what is not of this contract', async () => {
    const topic = `roadside/v1/${SITE}/flow/north-1`;
    const strange = ['', '{', '[]', 'null', '{"schema":7}', '{"schema":"roadside.flow/2","seq":1}'];
    const nameless = '{"schema":"roadside.flow/1","id":"a/b/flow/1","seq":1}';
    for (const payload of [...strange, nameless]) {
      await site.publishAsync(topic, payload, { qos: 1 });
    }
    await send(flowRecord({ seq: 1 }));
    expect(await books('boot-1')).toMatchObject({ live: 2, missing: [], duplicates: 0 });
  });

  it.skipIf(absent)('gets what was sent while it was away', async () => {
    await send(flowRecord({ seq: 1 }));
    await consumer.untilLine(`live ${SITE}/boot-1/flow/1`);
    await consumer.end();
    await send(flowRecord({ seq: 2 }));
    consumer = await startConsumer([...argv, broker.url, 'platform']);
    await consumer.untilLine(`live ${SITE}/boot-1/flow/2`);
  });
});

interface RunningConsumer {
  untilLine(line: string): Promise<void>;
  /** Asks it to end; returns the books that it prints. */
  end(): Promise<unknown>;
  kill(): void;
}

async function startConsumer(argv: readonly string[]): Promise<RunningConsumer> {
  const [program = '', ...args] = argv;
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const untilLine = async (line: string): Promise<void> => {
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the receiver ended: ${output}`);
      return output.split('\n').includes(line);
    });
  };
  await untilLine('subscribed');
  return {
    untilLine,
    async end() {
      child.kill('SIGTERM');
      await once(child, 'close');
      return JSON.parse(output.trim().split('\n').at(-1) ?? '');
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
