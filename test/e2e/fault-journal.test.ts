import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Overview } from '../../src/app/overview.ts';
import { openLoopCards } from '../../src/simulator/cards/loop-cards.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { openStore } from '../../src/store/store.ts';
import type { FaultRecord } from '../../src/traffic/record.ts';
import { createRunningGateway } from '../fakes/running-gateway.ts';

const CLI = 'src/processes/cli.ts';
const run = promisify(execFile);

let folder: string;
const gateway = createRunningGateway(() => folder);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-journal-'));
});
afterEach(async () => {
  await gateway.end('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function writeSite(cardPort: number): Promise<string> {
  const file = join(folder, 'site.yaml');
  const device = { id: 'card', driver: 'generic-di16', pollMs: 20, loops: ['a', 'b'] };
  const site = {
    ...{ version: 1, site: { id: 'test-cross', name: 'Test' }, flow: { intervalsS: [10] } },
    approaches: [
      { id: 'west', name: 'West', lanes: [{ number: 1, station: { loops: ['a', 'b'], spacingM: 4.5 } }] },
    ],
    buses: [{ id: 'lan', protocol: 'modbus-tcp', host: '127.0.0.1', port: cardPort, devices: [device] }],
    uplink: { url: `mqtt://127.0.0.1:${await freeTcpPort()}`, reconnectMaxS: 1 },
    store: { file: 'roadside.db', maxMegabytes: 64, passagesWaitS: 0 },
    control: { socket: 'control.sock' },
  };
  await writeFile(file, stringify(site));
  return file;
}

/** The fault records in the store, and those that it holds for open. */
function readStore(): { records: FaultRecord[]; open: readonly FaultRecord[]; bodies: string[] } {
  const store = openStore({ file: join(folder, 'roadside.db') });
  const rows = store.readLedger({ limit: 10_000 });
  // What the agent says of itself is not made of what sensors saw.
  const bodies = rows.filter(({ stream }) => stream !== 'audit').map(({ body }) => body);
  const records = store.readLedger({ stream: 'fault', limit: 10_000 }).map(({ body }) => JSON.parse(body));
  const open = store.openFaults();
  store.close();
  return { records, open, bodies };
}

const hasPortFault = ({ faults }: Overview): boolean => faults.some(({ layer }) => layer === 'port');
const ofPort = ({ layer }: FaultRecord): boolean => layer === 'port';

test('a fault outlives kill -9 under its id, is told once, and closes when the card is back', async () => {
  const cardPort = await freeTcpPort();
  const site = await writeSite(cardPort);
  gateway.start(site);
  const first = await gateway.overviewOnce((overview) => hasPortFault(overview) && overview.store.stored > 0);
  await gateway.end('SIGKILL');
  const left = readStore();
  expect(left.records.filter(ofPort)).toMatchObject([{ phase: 'open', sensor: 'lan', boot: first.boot }]);
  expect(left.open.filter(ofPort)).toEqual(left.records.filter(ofPort));

  // Ended again, one way or the other, before the card is back: nothing is doubled, nothing is lost.
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    gateway.start(site);
    await gateway.overviewOnce(({ boot, faults }) => boot !== first.boot && faults.length > 0);
    await gateway.end(signal);
  }
  expect(readStore().records.filter(ofPort)).toEqual(left.records.filter(ofPort));

  const recording = join(folder, 'road.ndjson');
  gateway.start(site, '--record', recording);
  const again = await gateway.overviewOnce(hasPortFault);
  expect(again.faults.find(({ layer }) => layer === 'port')?.sinceMs).toBe(
    left.records.find(ofPort)?.openedAtMs,
  );
  const cards = await openLoopCards({ tcp: [{ port: cardPort, unit: 1, channels: ['a', 'b'] }], rtu: [] });
  await gateway.overviewOnce(({ faults }) => faults.length === 0);
  await gateway.end('SIGTERM');
  await cards.close();

  const { records, open, bodies } = readStore();
  const [opened, closed, ...more] = records.filter(ofPort);
  expect(more).toEqual([]);
  expect(closed).toMatchObject({
    ...{ phase: 'close', fault: opened?.fault, openedAtMs: opened?.openedAtMs, boot: again.boot },
  });
  expect(open).toEqual([]);
  const replayed = await run(process.execPath, [CLI, 'replay', recording]);
  const ofBoot = bodies.filter((body) => body.includes(`"boot":"${again.boot}"`));
  expect(replayed.stdout.trimEnd().split('\n')).toEqual(ofBoot);
});
