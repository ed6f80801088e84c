import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import type { DevicePlan, ModbusBusPlan } from '../../src/sensors/contract.ts';
import { openModbusBus } from '../../src/sensors/fieldbus/modbus-bus.ts';
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import {
  answers,
  answersForAnother,
  answersLate,
  isMute,
  lacks,
  type ModbusUnits,
  openUnitsBehindServer,
  openUnitsOnSerial,
  openUnitsOnTcp,
  sendsNoise,
  type UnitHabit,
} from '../fakes/modbus-units.ts';
import { type PollerUnderTest, startPoller } from '../fakes/poller-under-test.ts';

const UNITS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const BAD = 5;
const EVERY_MS = 100;
const TIMEOUT_MS = 80;
const BAUD = 38_400;
const LINE = { baud: BAUD, parity: 'none', stopBits: 1 } as const;
const HEALTHY_FOR_MS = 2500;
const BROKEN_FOR_MS = 5000;

interface Rig {
  readonly units: ModbusUnits;
  readonly poller: PollerUnderTest;
}

function device(unit: number): DevicePlan {
  return {
    id: `u${unit}`,
    unit,
    responseTimeoutMs: TIMEOUT_MS,
    turnaroundMs: 0,
    reads: [
      {
        table: 'discrete-input',
        address: 1,
        quantity: 8,
        everyMs: EVERY_MS,
        signals: [{ means: 'loop-occupied', offset: 0, loop: `l${unit}`, invert: false }],
      },
    ],
  };
}

function start(plan: ModbusBusPlan, test: TestContext): PollerUnderTest {
  const poller = startPoller((listener) => openModbusBus(plan, listener));
  test.onTestFinished(() => poller.stop());
  return poller;
}

type Open = (
  habits: ReadonlyMap<number, UnitHabit>,
  devices: DevicePlan[],
  test: TestContext,
) => Promise<Rig>;

const behindGateway: Open = async (habits, devices, test) => {
  const units = await openUnitsOnTcp(habits);
  test.onTestFinished(() => units.close());
  const host = '127.0.0.1';
  return {
    units,
    poller: start({ protocol: 'modbus-tcp', id: 'bus', host, port: units.port, devices }, test),
  };
};
const onSerialLine: Open = async (habits, devices, test) => {
  const pair = await openPtyPair();
  test.onTestFinished(() => pair.close());
  const units = await openUnitsOnSerial(habits, { path: pair.cardsPath, baud: BAUD });
  test.onTestFinished(() => units.close());
  return {
    units,
    poller: start({ protocol: 'modbus-rtu', id: 'bus', path: pair.gatewayPath, ...LINE, devices }, test),
  };
};
const behindServer =
  (baud: number): Open =>
  async (habits, devices, test) => {
    const units = await openUnitsBehindServer(habits, baud);
    test.onTestFinished(() => units.close());
    const place = { host: '127.0.0.1', port: units.port };
    return {
      units,
      poller: start({ protocol: 'modbus-rtu-over-tcp', id: 'bus', ...place, ...LINE, devices }, test),
    };
  };

function medianPeriodMs(moments: readonly number[], fromMs: number, toMs: number): number {
  const inside = moments.filter((ms) => ms >= fromMs && ms < toMs);
  const periods = inside.slice(1).map((ms, index) => ms - (inside[index] ?? 0));
  return periods.toSorted((a, b) => a - b)[Math.floor(periods.length / 2)] ?? Number.NaN;
}

const TRANSPORTS: readonly (readonly [string, Open])[] = [
  ['a TCP gateway', behindGateway],
  ['an RTU line', onSerialLine],
];
const BAD_HABITS: readonly (readonly [string, UnitHabit, string])[] = [
  ['is unplugged', isMute, 'timeout'],
  ['answers late', answersLate(TIMEOUT_MS * 1.5), 'timeout'],
  ['answers for another unit', answersForAnother, 'corrupt-reply'],
  ['sends noise', sendsNoise, 'corrupt-reply'],
];

describe('eight units on one bus', () => {
  it.concurrent.for(
    TRANSPORTS.flatMap(([name, open]) =>
      BAD_HABITS.map(([habitName, habit, code]) => ({ name, open, habitName, habit, code })),
    ),
  )('on $name: seven keep their period when one $habitName', async ({ open, habit, code }, test) => {
    const habits = new Map<number, UnitHabit>(UNITS.map((unit) => [unit, answers]));
    const { units, poller } = await open(habits, UNITS.map(device), test);
    await poller.until(() => units.askedAtMs(8).length > 2, 'all are asked');
    const healthyMs = performance.now();
    await delay(HEALTHY_FOR_MS);
    const brokenMs = performance.now();
    habits.set(BAD, habit);
    await delay(BROKEN_FOR_MS);
    const endMs = performance.now();

    const opened = poller.faults();
    // Modbus TCP has no checksum: noise in place of a frame ends the connection, which a gateway shares.
    expect(opened.some((fault) => fault === `u${BAD} ${code}` || fault === `u${BAD} timeout`)).toBe(true);
    expect(opened.filter((fault) => !fault.startsWith(`u${BAD} `))).toEqual([]);
    for (const unit of UNITS.filter((it) => it !== BAD)) {
      const before = medianPeriodMs(units.askedAtMs(unit), healthyMs, brokenMs);
      const after = medianPeriodMs(units.askedAtMs(unit), brokenMs, endMs);
      expect(Math.abs(after / before - 1)).toBeLessThan(0.1);
    }
    const triesOfBad = units.askedAtMs(BAD).filter((ms) => ms >= brokenMs).length;
    expect(triesOfBad).toBeLessThan(12);
  });
});

describe('a device that lacks a register', () => {
  const counters = (unit: number): DevicePlan => ({
    ...device(unit),
    reads: [
      {
        table: 'input-register',
        address: 11,
        quantity: 8,
        everyMs: EVERY_MS,
        signals: Array.from({ length: 8 }, (_, channel) => ({
          means: 'vehicle-count',
          offset: channel,
          loop: `u${unit}c${channel}`,
          decode: 'u16',
          nonVolatile: false,
        })),
      },
    ],
  });

  it.concurrent.for([
    { name: 'behind a TCP gateway', open: behindGateway },
    { name: 'on an RTU line', open: onSerialLine },
  ])('$name: the others of its batch are read on, and the loop is told', async ({ open }, test) => {
    const habits = new Map<number, UnitHabit>([
      [1, lacks(16)],
      [2, answers],
    ]);
    const { units, poller } = await open(habits, [counters(1), counters(2)], test);
    await poller.until(() => poller.faults().length > 0, 'a fault');
    await poller.until(() => poller.counts('u1c7') >= 10, 'ten readings of another register');
    expect(poller.faults()).toEqual(['u1c5 register-refused']);
    const fault = poller.observations.find((it) => it.kind === 'sensor-fault' && it.active);
    expect(fault).toMatchObject({ layer: 'channel', detail: expect.stringContaining('input-register 16') });
    expect(poller.counts('u1c5')).toBe(0);
    const own = units.askedAtMs(1).length;
    const slots = units.askedAtMs(2).length;
    // The search takes a handful of requests once; then the batch is two requests instead of one.
    expect(own).toBeLessThan(2 * slots + 8);
  });
});

describe('RTU through a serial device server', () => {
  it.concurrent.for([
    { name: 'at the pace of its wire', baud: BAUD },
    // Many modules speak RTU on a network of their own, and no wire slows them.
    { name: 'as fast as the network is', baud: 0 },
  ])('is read $name, and one silent unit is that unit', async ({ baud }, test) => {
    const habits = new Map<number, UnitHabit>(UNITS.map((unit) => [unit, answers]));
    const { units, poller } = await behindServer(baud)(habits, UNITS.map(device), test);
    await poller.until(() => units.askedAtMs(8).length >= 20, 'twenty rounds');
    expect(poller.faults()).toEqual([]);
    expect(poller.figures).toMatchObject({ timeouts: 0, corruptReplies: 0, lateReplies: 0 });
    habits.set(BAD, isMute);
    await poller.until(() => poller.faults().length > 0, 'a fault');
    expect(poller.faults()).toEqual([`u${BAD} timeout`]);
  });
});
