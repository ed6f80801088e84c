import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { monotonicMs } from '../../src/base/clock.ts';
import type { DevicePlan } from '../../src/sensors/contract.ts';
import {
  enterRealTime,
  HELPER_PRIORITY,
  POLLER_PRIORITY,
  WATCHDOG_PRIORITY,
} from '../../src/sensors/fieldbus/real-time.ts';
import { createTicker } from '../../src/sensors/fieldbus/ticker.ts';
import type { LoopTransition } from '../../src/traffic/observations/observation.ts';
import { type FieldbusUnderTest, runFieldbus } from '../fakes/bus-gateway.ts';
import { answers, openUnitsOnTcp } from '../fakes/modbus-units.ts';

const FIFO = 1;
const mayBeRealTime = spawnSync('chrt', ['--fifo', '10', 'true']).status === 0;
const STUCK_LOOP = fileURLToPath(new URL('../fakes/stuck-loop.ts', import.meta.url));

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Scheduling policy and priority of every thread of a process; proc(5), fields 40 and 41 of stat. */
function threadsOf(
  pid: number,
): { readonly id: number; readonly priority: number; readonly policy: number }[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the field behind it is the third.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { id: Number(id), priority: Number(fields[40 - 3]), policy: Number(fields[41 - 3]) };
  });
}

async function someBus(realTime: boolean): Promise<FieldbusUnderTest> {
  const units = await openUnitsOnTcp(new Map([[1, answers]]));
  cleanups.push(() => units.close());
  const device: DevicePlan = {
    id: 'd',
    unit: 1,
    responseTimeoutMs: 200,
    turnaroundMs: 0,
    reads: [
      {
        table: 'coil',
        address: 1,
        quantity: 8,
        everyMs: 10,
        signals: [{ means: 'loop-occupied', offset: 0, loop: 'l', invert: false }],
      },
    ],
  };
  const place = { host: '127.0.0.1', port: units.port };
  const fieldbus = await runFieldbus([{ protocol: 'modbus-tcp', id: 'bus', ...place, devices: [device] }], {
    realTime,
  });
  cleanups.push(() => fieldbus.stop());
  return fieldbus;
}

describe('real-time scheduling of the fieldbus process', () => {
  it.skipIf(!mayBeRealTime)(
    'is above the ordinary class: helpers above the loop that they help, and one watchdog above all',
    async () => {
      const fieldbus = await someBus(true);
      const threads = threadsOf(fieldbus.pid);
      expect(threads.every(({ policy }) => policy === FIFO)).toBe(true);
      const main = threads.filter(({ id }) => id === fieldbus.pid);
      const others = threads.filter(({ id }) => id !== fieldbus.pid);
      expect(main.map(({ priority }) => priority)).toEqual([POLLER_PRIORITY]);
      expect(others.filter(({ priority }) => priority === WATCHDOG_PRIORITY)).toHaveLength(1);
      expect(others.filter(({ priority }) => priority === HELPER_PRIORITY)).toHaveLength(others.length - 1);
      expect(others.length).toBeGreaterThan(3);
      await fieldbus.until((it): it is LoopTransition => it.kind === 'loop-transition');
    },
  );

  it('is left alone unless it is asked for', async () => {
    const fieldbus = await someBus(false);
    expect(threadsOf(fieldbus.pid).filter(({ policy }) => policy === FIFO)).toEqual([]);
  });

  it('is done without, and the refusal is told once, where the system has no way to it', async () => {
    const path = process.env['PATH'];
    const said: string[] = [];
    process.env['PATH'] = '/nonexistent';
    try {
      const realTime = await enterRealTime(true, (line) => said.push(line));
      expect(realTime.note).toContain('no real-time priority: spawn chrt ENOENT');
      expect(said).toEqual([expect.stringContaining('systemd/real-time.conf')]);
    } finally {
      process.env['PATH'] = path;
    }
  });
});

describe('the watchdog above the event loop', () => {
  it.each([
    { ending: 'stick', signal: 'SIGKILL', status: null },
    { ending: 'leave', signal: null, status: 0 },
  ])('when the loop is to $ending: $signal', ({ ending, signal, status }) => {
    const result = spawnSync(process.execPath, [STUCK_LOOP, ending, '1000'], { timeout: 30_000 });
    expect(result).toMatchObject({ signal, status });
    expect(String(result.stdout)).toBe('turned');
  });
});

describe('the ticker', () => {
  it('wakes each sleeper once, none before its time, in order of their times', async () => {
    const ticker = createTicker();
    cleanups.push(() => ticker.close());
    await new Promise<void>((resolve) => ticker.wakeAt(0, resolve));
    const startMs = monotonicMs();
    const woken: { readonly afterMs: number; readonly atMs: number }[] = [];
    const times = [30.4, 5.2, 12.7, 5.25, 0, 61.3];
    await Promise.all(
      times.map(
        (afterMs) =>
          new Promise<void>((resolve) => {
            ticker.wakeAt(startMs + afterMs, () => {
              woken.push({ afterMs, atMs: monotonicMs() });
              resolve();
            });
          }),
      ),
    );
    expect(woken.map(({ afterMs }) => afterMs)).toEqual([0, 5.2, 5.25, 12.7, 30.4, 61.3]);
    for (const { afterMs, atMs } of woken) expect(atMs - startMs).toBeGreaterThan(afterMs - 0.01);
  });
});
