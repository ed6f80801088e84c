import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonicMs } from '../../base/clock.ts';
import type { DevicePlan } from '../contract.ts';
import { createDeviceWatch } from './device-watch.ts';
import type { OpenLine } from './line.ts';
import { createModbusDevice, type ModbusDevice } from './modbus-device.ts';
import { crc16 } from './modbus-frames.ts';
import type { AskOutcome } from './polled-bus.ts';
import { ANSWERS_TO_LEARN, SLOWNESS_FACTOR, SLOWNESS_MARGIN_MS } from './response-limit.ts';
import { createRtuMaster } from './rtu-master.ts';
import { rtuTiming } from './rtu-timing.ts';

/** As a Procon card: 9600 Bd, answers in a few ms, may take 300. */
const TIMING = rtuTiming({ baud: 9600, parity: 'none', stopBits: 1 });
const LONGEST_MS = 300;
const THINKS_MS = 5;
const REQUEST_BYTES = 8;
const REPLY_BYTES = 6;
const WIRE_MS = (REQUEST_BYTES + REPLY_BYTES) * TIMING.charMs;
const QUICK_MS = Math.ceil(WIRE_MS + THINKS_MS);
const UNITS = [1, 2, 3, 4, 5, 6, 7, 8];
const DEAD = 5;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'hrtime'] }));
afterEach(() => void vi.useRealTimers());

/** Cards on a line of simulated time: how long a unit thinks; null is a dead one. */
function openCards(thinksMs: (unit: number) => number | null): OpenLine {
  return (listener) =>
    Promise.resolve({
      write([unit = 0, functionCode = 0, , , , quantity = 0]) {
        const delayMs = thinksMs(unit);
        if (delayMs === null) return;
        const length = Math.ceil(quantity / 8);
        const body = Uint8Array.from([unit, functionCode, length, ...new Uint8Array(length)]);
        const crc = crc16(body, 0, body.length);
        const reply = Uint8Array.from([...body, crc & 0xff, crc >> 8]);
        setTimeout(() => listener.onBytes(reply), WIRE_MS + delayMs);
      },
      close: () => Promise.resolve(),
    });
}

function planOf(unit: number): DevicePlan {
  const signals = [{ means: 'loop-occupied' as const, offset: 0, loop: `l${unit}`, invert: false }];
  const read = { table: 'discrete-input' as const, address: 1, quantity: 8, everyMs: 500, signals };
  return { id: `u${unit}`, unit, responseTimeoutMs: LONGEST_MS, turnaroundMs: 0, reads: [read] };
}

async function rig(thinksMs: (unit: number) => number | null) {
  const master = createRtuMaster(openCards(thinksMs), TIMING, { onLineChange: () => undefined });
  await vi.advanceTimersByTimeAsync(10);
  const devices = UNITS.map((unit) =>
    createModbusDevice({ plan: planOf(unit), master, observe: () => undefined }),
  );
  const ask = async (device: ModbusDevice): Promise<{ outcome: AskOutcome; tookMs: number }> => {
    const beganMs = monotonicMs();
    let ended: { outcome: AskOutcome; tookMs: number } | null = null;
    void device.ask(0, beganMs).then((outcome) => {
      ended = { outcome, tookMs: monotonicMs() - beganMs };
    });
    while (ended === null) await vi.advanceTimersByTimeAsync(1);
    return ended;
  };
  const askAll = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) for (const device of devices) await ask(device);
  };
  return { devices, ask, askAll };
}

describe('one of eight cards on a line', () => {
  it('that dies costs the others what it used to take, not what its driver allows', async () => {
    let isDead = false;
    const { devices, ask, askAll } = await rig((unit) => (isDead && unit === DEAD ? null : THINKS_MS));
    await askAll(ANSWERS_TO_LEARN);
    isDead = true;
    const dead = devices[DEAD - 1];
    if (dead === undefined) throw new Error('no such card');
    const limitMs = SLOWNESS_FACTOR * (QUICK_MS + 2) + SLOWNESS_MARGIN_MS;
    const first = await ask(dead);
    expect(first.outcome.kind).toBe('timeout');
    expect(first.tookMs).toBeLessThanOrEqual(WIRE_MS + limitMs + TIMING.silenceMs + 5);
    expect(first.tookMs).toBeLessThan(LONGEST_MS / 2);
    // Its next turn is the whole time: a card that has become slow is not dead.
    await vi.advanceTimersByTimeAsync(LONGEST_MS);
    expect((await ask(dead)).tookMs).toBeGreaterThanOrEqual(LONGEST_MS);
  });

  it('that has become slow is missed once and is no fault', async () => {
    let thinksMs = THINKS_MS;
    const { devices, ask, askAll } = await rig((unit) => (unit === DEAD ? thinksMs : THINKS_MS));
    await askAll(ANSWERS_TO_LEARN);
    thinksMs = LONGEST_MS - 50;
    const slow = devices[DEAD - 1];
    if (slow === undefined) throw new Error('no such card');
    const watch = createDeviceWatch({ device: 'u5', countsAsReading: [true], startMs: monotonicMs() });
    const outcomes: string[] = [];
    const faults: unknown[] = [];
    for (let turn = 0; turn < 3 * ANSWERS_TO_LEARN; turn += 1) {
      const { outcome } = await ask(slow);
      outcomes.push(outcome.kind);
      watch.judge(0, outcome);
      faults.push(...watch.changes('open', monotonicMs()).filter(({ active }) => active));
      await vi.advanceTimersByTimeAsync(LONGEST_MS);
    }
    expect(outcomes.filter((kind) => kind !== 'answered')).toEqual(['timeout']);
    expect(faults).toEqual([]);
  });
});
