import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { openModbusBus } from '../../src/sensors/fieldbus/modbus-bus.ts';
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { answers, openUnitsOnSerial } from '../fakes/modbus-units.ts';
import { startPoller } from '../fakes/poller-under-test.ts';

const BAUD = 38_400;
const LINE = { baud: BAUD, parity: 'none', stopBits: 1 } as const;
/** Long enough that pauses which only grow would have grown past the limit. */
const AWAY_FOR_MS = 9000;
const BACK_WITHIN_MS = 5000;
const CYCLES = 1000;
const fake = (name: string): string => fileURLToPath(new URL(`../fakes/${name}`, import.meta.url));

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('a serial adapter', () => {
  it('is read again within five seconds of its return under the same name, however long it was away', async () => {
    const pair = await openPtyPair();
    const habits = new Map([[1, answers]]);
    const units = await openUnitsOnSerial(habits, { path: pair.cardsPath, baud: BAUD });
    const poller = startPoller((listener) =>
      openModbusBus(
        {
          protocol: 'modbus-rtu',
          id: 'bus',
          path: pair.gatewayPath,
          ...LINE,
          devices: [
            {
              id: 'card',
              unit: 1,
              responseTimeoutMs: 200,
              turnaroundMs: 0,
              reads: [
                {
                  table: 'discrete-input',
                  address: 1,
                  quantity: 8,
                  everyMs: 100,
                  signals: [{ means: 'loop-occupied', offset: 0, loop: 'l', invert: false }],
                },
              ],
            },
          ],
        },
        listener,
      ),
    );
    cleanups.push(() => poller.stop());
    await poller.until(() => units.askedAtMs(1).length > 3, 'it is read');

    await pair.close();
    await units.close();
    await poller.until(() => poller.faults().includes('bus unreachable'), 'the port is to blame');
    await delay(AWAY_FOR_MS);
    await mkdir(dirname(pair.gatewayPath), { recursive: true });
    cleanups.push(() => rm(dirname(pair.gatewayPath), { recursive: true, force: true }));
    const replugged = await openPtyPair(pair);
    const backAtMs = performance.now();
    cleanups.push(replugged.close);
    const again = await openUnitsOnSerial(habits, { path: pair.cardsPath, baud: BAUD });
    cleanups.push(() => again.close());
    await poller.until(() => poller.faults().includes('-bus unreachable'), 'it is read again');
    expect(performance.now() - backAtMs).toBeLessThan(BACK_WITHIN_MS);
    expect(poller.faults()).toEqual(['bus unreachable', '-bus unreachable']);
  });

  it(`leaves no descriptor behind when it is lost or closed ${CYCLES} times`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'roadside-flapping-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'port');
    const adapter = spawn('python3', [fake('flapping-port.py'), path, String(CYCLES)], { stdio: 'ignore' });
    cleanups.push(() => Promise.resolve(adapter.kill()));
    const args = [fake('port-cycles.ts'), path, String(CYCLES)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    const tally = JSON.parse(stdout);
    expect(tally).toMatchObject({ lost: CYCLES / 2, closed: CYCLES / 2 });
    expect(tally.before).toBeGreaterThan(3);
    expect(tally.after).toBeLessThanOrEqual(tally.before);
  });
});
