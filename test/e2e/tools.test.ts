import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { LoopOverview, Overview } from '../../src/app/overview.ts';
import { askOverview } from '../../src/cli/control-client.ts';
import { displayWidth } from '../../src/cli/text-table.ts';
import { type LoopCards, openLoopCards } from '../../src/simulator/cards/loop-cards.ts';
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { endChild } from '../fakes/end-child.ts';
import { driveOneCar } from '../fakes/one-car.ts';
import { CLI, cli } from '../fakes/run-cli.ts';

const LOOPS = ['a', 'b'] as const;

let folder: string;
let cards: LoopCards;
let cardPort: number;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-tools-'));
  cardPort = await freeTcpPort();
  cards = await openCards();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await cards.close();
  await rm(folder, { recursive: true, force: true });
});

function openCards(): Promise<LoopCards> {
  return openLoopCards({ tcp: [{ port: cardPort, unit: 1, channels: [...LOOPS] }], rtu: [] });
}

const socket = (): string => join(folder, 'control.sock');

async function writeSite(): Promise<string> {
  const file = join(folder, 'site.yaml');
  const lanes = [{ number: 1, station: { loops: [...LOOPS], spacingM: 4.5 } }];
  const devices = [{ id: 'card', driver: 'generic-di16', pollMs: 10, loops: [...LOOPS] }];
  const site = {
    version: 1,
    site: { id: 'test-cross', name: 'Test' },
    flow: { intervalsS: [10] },
    approaches: [{ id: 'west', name: 'West', lanes }],
    buses: [{ id: 'lan', protocol: 'modbus-tcp', host: '127.0.0.1', port: cardPort, devices }],
    uplink: { url: `mqtt://127.0.0.1:${await freeTcpPort()}`, reconnectMaxS: 1 },
    store: { file: 'roadside.db', maxMegabytes: 64, passagesWaitS: 0 },
    control: { socket: 'control.sock' },
  };
  await writeFile(file, stringify(site));
  return file;
}

function start(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function startGateway(): Promise<ChildProcess> {
  const gateway = start('run', await writeSite(), '--log-level', 'warn');
  gateway.stdout?.pipe(process.stdout);
  await overviewOnce(({ loops }) => loops.every(({ occupied }) => occupied === false));
  return gateway;
}

async function overviewOnce(isSo: (overview: Overview) => boolean): Promise<Overview> {
  for (;;) {
    const overview = await askOverview(socket()).catch(() => null);
    if (overview !== null && isSo(overview)) return overview;
    await pause(50);
  }
}

/** Waits for a line of a running command that is so. */
async function lineWhere(child: ChildProcess, isSo: (line: string) => boolean): Promise<string> {
  if (child.stdout === null) throw new Error('the command has no output');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) if (isSo(line)) return line;
  throw new Error('the command ended before it said so');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('the technician drives over it', () => {
  test('watch says when a loop is hit, how long it was on, and how many it has counted', async () => {
    await startGateway();
    const watch = start('watch', '--socket', socket(), '--json');
    await lineWhere(watch, (line) => line.includes('"loop":"b"'));
    const second = start('watch', '--socket', socket(), '--json');
    const counted = lineWhere(second, (line) => {
      const { loop } = JSON.parse(line) as { loop?: LoopOverview };
      return loop?.loop === 'a' && loop.count === 1 && loop.occupied === false && loop.lastOnTimeMs !== null;
    });
    await driveOneCar(cards);
    const { loop } = JSON.parse(await counted) as { loop: LoopOverview };
    expect(loop).toMatchObject({ lane: 'west-1', role: 'entry', device: 'card', faults: [] });
    expect(loop.lastOnTimeMs).toBeGreaterThan(150);
  });

  test('watch shows the fault of a card that went silent, and its end, on 80 columns', async () => {
    await startGateway();
    const watch = start('watch', '--socket', socket());
    const lines: string[] = [];
    if (watch.stdout !== null)
      createInterface({ input: watch.stdout }).on('line', (line) => lines.push(line));
    const until = async (isSo: (line: string) => boolean): Promise<void> => {
      while (!lines.some(isSo)) await pause(50);
    };
    await until((line) => line.includes('○ off'));
    cards.silence(1, true);
    await until((line) => line.includes('device card'));
    await until((line) => line.includes('? -'));
    cards.silence(1, false);
    await until((line) => line.includes('over 已恢复'));
    expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
  });

  test('a lane that has no loops is refused with the lanes that have', async () => {
    await startGateway();
    const { code, error } = await cli('watch', '--socket', socket(), '--lane', 'west-2');
    expect(code).toBe(1);
    expect(error).toContain('west-1');
  });
});

describe('what was kept', () => {
  test('the high-resolution log is the same from the running gateway and from its store', async () => {
    const gateway = await startGateway();
    await driveOneCar(cards);
    await driveOneCar(cards);
    await overviewOnce(({ loops }) => loops.every(({ count }) => count === 2));
    const range = ['--from', '2020-01-01', '--to', '2099-01-01'];
    const edges = (text: string): readonly string[] =>
      text.split('\n').filter((line) => /,8[12],/.test(line));
    let running = await cli('export', 'hires', ...range, '--socket', socket());
    while (edges(running.out).length < 8) {
      await pause(200);
      running = await cli('export', 'hires', ...range, '--socket', socket());
    }
    const locked = await cli('export', 'hires', ...range, '--store', join(folder, 'roadside.db'));
    expect(locked.code).toBe(1);
    expect(locked.error).toContain('store-locked');

    await endChild(gateway, 'SIGTERM');
    const out = join(folder, 'hires.csv');
    const site = join(folder, 'site.yaml');
    const store = join(folder, 'roadside.db');
    const stored = await cli('export', 'hires', ...range, '--store', store, '--site', site, '--out', out);
    expect(stored).toMatchObject({ code: 0, out: '' });
    const text = await readFile(out, 'utf8');
    expect(text.split('\n')[0]).toBe('Timestamp,DeviceId,EventCode,EventParam,Loop');
    expect(edges(text).slice(0, 8)).toEqual(edges(running.out).slice(0, 8));
    expect(edges(text)[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z,test-cross,82,1,a$/);
    expect(edges(text).map((line) => line.split(',').slice(2).join())).toContain('81,2,b');
    const none = await cli('export', 'hires', '--from', '2020-01-01', '--to', '2020-01-02', '--store', store);
    expect(none.out.trim().split('\n')).toHaveLength(1);
    const again = await cli('export', 'hires', ...range, '--store', store, '--out', out);
    expect(again.code).toBe(1);
  });

  test('the fault journal tells of a card that was gone and came back', async () => {
    const gateway = await startGateway();
    cards.silence(1, true);
    await overviewOnce(({ faults }) => faults.some(({ sensor }) => sensor === 'card'));
    const open = JSON.parse((await cli('faults', '--socket', socket(), '--json')).out);
    expect(open).toMatchObject([{ sensor: 'card', layer: 'device', state: 'open', closedAtMs: null }]);
    cards.silence(1, false);
    await overviewOnce(({ faults }) => faults.length === 0);
    await endChild(gateway, 'SIGTERM');
    const store = join(folder, 'roadside.db');
    const [fault] = JSON.parse((await cli('faults', '--store', store, '--json')).out);
    expect(fault).toMatchObject({ sensor: 'card', lanes: ['west-1'], state: 'closed' });
    const { out } = await cli('faults', '--store', store, '--since', '1h');
    expect(out).toContain('west-1');
    expect((await cli('faults', '--store', store, '--since', '2099-01-01')).out).toContain('no faults');
    expect((await cli('faults', '--store', join(folder, 'none.db'))).error).toContain('store-unavailable');
  });
});

describe('a scan from the command line', () => {
  test('ends with a fragment that a site file takes as it is', async () => {
    const pair = await openPtyPair();
    const line = await openLoopCards({
      tcp: [],
      rtu: [
        {
          path: pair.cardsPath,
          baud: 9600,
          cards: [
            { unit: 3, model: 'ld120', loops: ['x'] },
            { unit: 7, model: 'ld220', loops: ['y', 'z'] },
          ],
        },
      ],
    });
    try {
      const args = ['--port', pair.gatewayPath, '--tcp', `127.0.0.1:${cardPort}`, '--units', '1-8', '--yes'];
      const { code, out } = await cli('scan', ...args, '--listen-s', '1', '--timeout-ms', '100');
      expect(code).toBe(0);
      const fragment = out.slice(out.indexOf('buses:'));
      expect(fragment).toContain('driver: procon-ld120');
      expect(fragment).toContain('driver: generic-di16 # or generic-di8');
      const lanes = [1, 2, 3].map((number) => ({ number, station: { loops: [loopOf(number)] } }));
      const rest = {
        version: 1,
        site: { id: 'scanned', name: 'Scanned' },
        approaches: [
          {
            id: 'west',
            name: 'West',
            lanes: [...lanes, { number: 4, station: { loops: ['card-3-loop-1'] } }],
          },
        ],
        uplink: { url: 'mqtts://platform.example:8883' },
      };
      const site = join(folder, 'scanned.yaml');
      await writeFile(site, stringify(rest) + fragment);
      const checked = await cli('check', site);
      expect(checked).toMatchObject({ code: 0, error: '' });
    } finally {
      await line.close();
      await pair.close();
    }
  });

  test('asks nobody without consent', async () => {
    const { code, error } = await cli('scan', '--tcp', `127.0.0.1:${cardPort}`);
    expect(code).toBe(1);
    expect(error).toContain('--yes');
  });
});

/** Loops as the fragment names them: one of the LD120, two of the LD220. */
function loopOf(lane: number): string {
  return ['card-1-loop-1', 'card-2-loop-1', 'card-2-loop-2'][lane - 1] ?? '';
}
