import { describe, expect, it } from 'vitest';
import { findDrivers, loadDriver } from '../load/load-driver.ts';
import type { RtuBus } from '../schema/site.ts';
import { shippedFolders } from '../shipped.ts';
import { pollBudget, wireTimeMs } from './poll-budget.ts';

const files = await findDrivers(shippedFolders.driversDir);
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
    expect(wireTimeMs(read, { bus, timing: noDelay })).toBeCloseTo(expectedMs, 2);
  });

  it('counts the time that the card thinks, and its silence where that is longer than 3.5 characters', () => {
    const bus = { baud: 9600, parity: 'none', stopBits: 1 } as const;
    const plainMs = wireTimeMs(read, { bus, timing: noDelay });
    expect(wireTimeMs(read, { bus, timing: { replyDelayMs: 5, turnaroundMs: 1 } })).toBeCloseTo(
      plainMs + 5,
      6,
    );
    expect(wireTimeMs(read, { bus, timing: { replyDelayMs: 0, turnaroundMs: 10 } })).toBeCloseTo(
      plainMs + 10 - (3.5 * 10_000) / 9600,
      6,
    );
  });

  it('counts two bytes for each register', () => {
    const bus = { baud: 9600, parity: 'none', stopBits: 1 } as const;
    const oneMs = wireTimeMs({ table: 'holding-register', quantity: 1 }, { bus, timing: noDelay });
    const twoMs = wireTimeMs({ table: 'holding-register', quantity: 2 }, { bus, timing: noDelay });
    expect(twoMs - oneMs).toBeCloseTo((2 * 10_000) / 9600, 6);
  });
});

describe('pollBudget', () => {
  const drivers = shippedDrivers;

  function withCards(count: number, pollMs: number): RtuBus {
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
