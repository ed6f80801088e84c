import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { type TestBroker, until } from '../fakes/broker.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber } from '../fakes/broker-subscriber.ts';

const GATEWAY = fileURLToPath(new URL('./uplink-gateway.ts', import.meta.url));
/** One window: what the gateway has under way when it dies, and what was answered and waits for the disk. */
const MOST_REPEATED = 20;

describe('a gateway process killed with SIGKILL', () => {
  let folder: string;
  let file: string;
  let broker: TestBroker;
  let platform: PlatformSubscriber;
  let running: ChildProcess | null = null;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'roadside-kill-'));
    file = join(folder, 'store.db');
    broker = await startMosquitto();
    platform = await openSubscriber({ url: broker.url, version: 5 });
  });
  afterEach(async () => {
    running?.kill('SIGKILL');
    await platform.close();
    await broker.dispose();
    rmSync(folder, { recursive: true });
  });

  function startGateway(boot: string, records: number): ChildProcess {
    running = spawn(process.execPath, [GATEWAY, file, boot, broker.url, String(records)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return running;
  }

  async function kill(gateway: ChildProcess): Promise<void> {
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
  }

  it('while it appends and relays, three times, loses no stored record on the way to the platform', async () => {
    for (const [run, more] of [150, 200, 250].entries()) {
      const already = platform.report().distinct;
      const gateway = startGateway(`boot-${run}`, 100_000);
      await platform.untilDistinct(already + more);
      await kill(gateway);
    }
    const last = startGateway('boot-last', 50);
    await once(last, 'exit');

    const store = openStore({ file });
    const stored = store.readLedger({ limit: 1_000_000 }).map((row) => row.id);
    const totals = store.totals();
    store.close();
    await platform.untilDistinct(stored.length);
    const report = platform.report();
    const received = new Set(platform.records().map(({ payload }) => payload['id']));
    expect(stored.filter((id) => !received.has(id))).toEqual([]);
    expect(report).toMatchObject({ distinct: stored.length, gaps: [], disordered: [], invalid: [] });
    expect(report.duplicates).toBeLessThanOrEqual(3 * MOST_REPEATED);
    expect(totals).toMatchObject({
      stored: stored.length,
      acknowledged: stored.length,
      pending: 0,
      damaged: 0,
    });
  });

  it('is declared offline by its will, with the session id of its birth', async () => {
    const gateway = startGateway('boot-1', 0);
    await once(gateway.stdout ?? gateway, 'data');
    await until(() => platform.states().length === 1);
    await kill(gateway);
    await until(() => platform.states().length === 2);
    const [birth, will] = platform.states().map(({ payload }) => payload);
    expect(birth).toMatchObject({ state: 'online', session: 'boot-1', lanes: ['north-1'] });
    expect(will).toMatchObject({ state: 'offline', reason: 'lost', session: birth?.['session'] });
    expect(platform.report().invalid).toEqual([]);

    const latecomer = await openSubscriber({ url: broker.url, version: 5 });
    await until(() => latecomer.states().length === 1);
    expect(latecomer.states()[0]).toMatchObject({ retained: true, payload: { state: 'offline' } });
    await latecomer.close();
  });
});
