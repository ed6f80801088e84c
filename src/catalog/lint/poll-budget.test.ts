import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDrivers, loadDriver } from '../load/load-driver.ts';
import { driverSchema, type LoopDriver } from '../schema/driver.ts';
import type { SerialBus } from '../schema/site.ts';
import { shippedFolders } from '../shipped.ts';
import { frameTimeMs, isWithinBudget, pollBudget, wireTimeMs } from './poll-budget.ts';

const files = await findDrivers(shippedFolders.driversDirs);
const ld220 = await loadDriver({ id: 'procon-ld220', file: files.get('procon-ld220') ?? '' });
const shippedDrivers = new Map(ld220.kind === 'ok' ? [['procon-ld220', ld220.value]] : []);

const noDelay = { replyDelayMs: 0, turnaroundMs: 0 };
/** 32 inputs: 8 characters out, 9 back. */
const read = { table: 'discrete-input', quantity: 32 } as const;

describe('wireTimeMs is what the line needs by the Modbus serial line specification', () => {
  it.each([
    { baud: 9600, expectedMs: 27.5 },
    { baud: 19_200, expectedMs: 13.75 },
    { baud: 38_400, expectedMs: 8.37 },
    { baud: 57_600, expectedMs: 6.75 },
    { baud: 115_200, expectedMs: 5.12 },
  ] as const)('at $baud baud, even parity: $expectedMs ms', ({ baud, expectedMs }) => {
    const bus = { baud, parity: 'even', stopBits: 1 } as const;
    expect(wireTimeMs(read, { line: bus, timing: noDelay })).toBeCloseTo(expectedMs, 2);
  });

  it('counts the time that the card thinks, and its silence where that is longer than 3.5 characters', () => {
    const bus = { baud: 9600, parity: 'none', stopBits: 1 } as const;
    const plainMs = wireTimeMs(read, { line: bus, timing: noDelay });
    expect(wireTimeMs(read, { line: bus, timing: { replyDelayMs: 5, turnaroundMs: 1 } })).toBeCloseTo(
      plainMs + 5,
      6,
    );
    expect(wireTimeMs(read, { line: bus, timing: { replyDelayMs: 0, turnaroundMs: 10 } })).toBeCloseTo(
      plainMs + 10 - (3.5 * 10_000) / 9600,
      6,
    );
  });

  it('counts two bytes for each register', () => {
    const bus = { baud: 9600, parity: 'none', stopBits: 1 } as const;
    const oneMs = wireTimeMs({ table: 'holding-register', quantity: 1 }, { line: bus, timing: noDelay });
    const twoMs = wireTimeMs({ table: 'holding-register', quantity: 2 }, { line: bus, timing: noDelay });
    expect(twoMs - oneMs).toBeCloseTo((2 * 10_000) / 9600, 6);
  });
});

describe('pollBudget', () => {
  const drivers = shippedDrivers;

  function withCards(count: number, pollMs: number): SerialBus {
    const devices = Array.from({ length: count }, (_, index) => ({
      id: `card-${index}`,
      driver: 'procon-ld220',
      unit: index + 1,
      pollMs,
      invert: false,
      loops: ['a', 'b'],
    }));
    return {
      id: 'rs485',
      protocol: 'modbus-rtu',
      path: '/dev/x',
      baud: 9600,
      parity: 'none',
      stopBits: 1,
      devices,
    };
  }

  it('adds up every read of every device against its period', () => {
    const one = pollBudget(withCards(1, 100), drivers);
    const three = pollBudget(withCards(3, 100), drivers);
    expect(one.reads).toBe(1);
    expect(three.utilisationPct).toBeCloseTo(3 * one.utilisationPct, 6);
    expect(three.worstCycleMs).toBeCloseTo(3 * one.worstCycleMs, 6);
  });

  it('proposes a period that fits', () => {
    const crowded = pollBudget(withCards(4, 50), drivers);
    expect(crowded.utilisationPct).toBeGreaterThan(100);
    const { proposedPollMs } = crowded;
    expect(proposedPollMs).not.toBeNull();
    expect(pollBudget(withCards(4, proposedPollMs ?? 0), drivers).utilisationPct).toBeLessThanOrEqual(75);
  });

  it('proposes nothing when no period would do', () => {
    expect(pollBudget(withCards(64, 50), drivers).proposedPollMs).toBeNull();
  });
});

describe('the budget of a line with frames', () => {
  const line = { baud: 9600, parity: 'none', stopBits: 1 } as const;
  const frameBytes = { request: 12, reply: 108 };
  const radar: LoopDriver = driverSchema.parse({
    driver: 'acme-radar',
    label: 'Radar',
    kind: 'radar-detector',
    protocol: 'frames',
    channels: 8,
    bus: {
      serial: { baud: [9600], parity: ['none'], stopBits: [1] },
      responseTimeoutMs: 500,
      replyDelayMs: 20,
      turnaroundMs: 5,
    },
    address: { from: 0, to: 99 },
    codec: { name: 'rtms-g4' },
    tells: { kind: 'vehicles' },
    pollMs: { default: 1000, min: 500, max: 5000 },
    frameBytes,
    evidence: ['protocol manual, page 1'],
    examples: [{ note: 'n', received: ['00'], expect: [{ kind: 'vehicle-detection', channel: 1 }] }],
  });
  const drivers = new Map<string, LoopDriver>([...shippedDrivers, ['acme-radar', radar]]);

  function withRadars(count: number, pollMs?: number) {
    const devices = Array.from({ length: count }, (_, index) => ({
      id: `radar-${index}`,
      driver: 'acme-radar',
      unit: index,
      invert: false,
      loops: ['a'],
      ...(pollMs === undefined ? {} : { pollMs }),
    }));
    return { ...line, devices };
  }

  it('counts the longest frames, the time that the device thinks and its silence', () => {
    expect(frameTimeMs({ bus: radar.bus, frameBytes }, line)).toBeCloseTo((120 * 10_000) / 9600 + 25, 9);
    const quick = { ...radar.bus, replyDelayMs: 0, turnaroundMs: 0 };
    expect(frameTimeMs({ bus: quick, frameBytes }, line)).toBeCloseTo((123.5 * 10_000) / 9600, 9);
    expect(pollBudget(withRadars(3), drivers)).toMatchObject({
      reads: 3,
      worstCycleMs: 450,
      utilisationPct: 45,
    });
  });

  it('counts every line that a device of text is asked for', async () => {
    const file = files.get('advantech-adam-4080') ?? '';
    const adam = await loadDriver({ id: 'advantech-adam-4080', file });
    if (adam.kind !== 'ok') throw new Error('advantech-adam-4080 is no good driver');
    const one = { id: 'a', driver: 'advantech-adam-4080', unit: 1, invert: false, loops: ['a', 'b'] };
    const budget = pollBudget({ ...line, devices: [one] }, new Map([[one.driver, adam.value]]));
    expect(budget.reads).toBe(2);
    expect(budget.worstCycleMs).toBeCloseTo(2 * budget.longestMs, 9);
  });

  it('proposes a period that the driver allows, and none where the longest would not do', () => {
    expect(pollBudget(withRadars(10), drivers).proposedPollMs).toBe(2000);
    expect(pollBudget(withRadars(1, 600), drivers).proposedPollMs).toBe(500);
    expect(pollBudget(withRadars(30), drivers).proposedPollMs).toBeNull();
  });

  it('a read longer than the shortest period on the line makes that one miss its time, however idle the line', () => {
    const [radars] = withRadars(1, 5000).devices;
    const card = { id: 'c', driver: 'procon-ld220', unit: 1, pollMs: 100, invert: false, loops: ['b', 'c'] };
    const both = pollBudget({ ...line, devices: radars === undefined ? [] : [radars, card] }, drivers);
    expect(both.utilisationPct).toBeLessThan(50);
    expect(both).toMatchObject({ longestMs: 150, quickestMs: 100 });
    expect(isWithinBudget(both)).toBe(false);
    expect(isWithinBudget({ ...both, quickestMs: 150 })).toBe(true);
  });

  it('whatever it proposes fits', () => {
    const cards = fc.record({ radars: fc.nat(12), pollMs: fc.integer({ min: 500, max: 5000 }) });
    fc.assert(
      fc.property(cards, ({ radars, pollMs }) => {
        const { proposedPollMs } = pollBudget(withRadars(radars + 1, pollMs), drivers);
        if (proposedPollMs === null) return;
        const better = pollBudget(withRadars(radars + 1, Math.max(pollMs, proposedPollMs)), drivers);
        expect(isWithinBudget(better)).toBe(true);
      }),
    );
  });
});
