import { describe, expect, it } from 'vitest';
import type { ReadPlan } from '../contract.ts';
import { createLoopDecoder, type Reading } from './loop-decoder.ts';

type Plan = Pick<ReadPlan, 'table' | 'quantity' | 'signals'>;

const PRESENCE: Plan = {
  table: 'discrete-input',
  quantity: 16,
  signals: [
    { means: 'loop-occupied', offset: 1, loop: 'a', invert: false },
    { means: 'loop-occupied', offset: 9, loop: 'b', invert: true },
    { means: 'loop-fault', offset: 4, loop: 'a', code: 'loop-open' },
  ],
};

/** `b` is inverted: its bit is set while it is free. */
const FREE = [0b0000_0000, 0b10];
const A_OCCUPIED = [0b0000_0010, 0b10];

function reading(bytes: readonly number[], sentAtMs: number, tookMs = 2): Reading {
  return { bytes: Uint8Array.from(bytes), sentAtMs, receivedAtMs: sentAtMs + tookMs };
}

describe('presence', () => {
  it('is found, not seen changing, by the first reading', () => {
    const decoder = createLoopDecoder(PRESENCE);
    expect(decoder.decode(reading(A_OCCUPIED, 100))).toEqual([
      { kind: 'loop-transition', loop: 'a', occupied: true, atMs: 101, uncertaintyMs: 1, found: true },
      { kind: 'loop-transition', loop: 'b', occupied: false, atMs: 101, uncertaintyMs: 1, found: true },
      expect.objectContaining({ kind: 'sensor-fault', code: 'loop-open', active: false }),
    ]);
  });

  it('changes between the two readings that enclose the edge', () => {
    const decoder = createLoopDecoder(PRESENCE);
    decoder.decode(reading(FREE, 100));
    expect(decoder.decode(reading(FREE, 110))).toEqual([]);
    expect(decoder.decode(reading(A_OCCUPIED, 120))).toEqual([
      { kind: 'loop-transition', loop: 'a', occupied: true, atMs: 116, uncertaintyMs: 6, found: false },
    ]);
  });

  it('is found again after a failed reading, even when it is the same', () => {
    const decoder = createLoopDecoder(PRESENCE);
    decoder.decode(reading(A_OCCUPIED, 100));
    decoder.interrupt();
    expect(decoder.decode(reading(A_OCCUPIED, 300))).toMatchObject([
      { loop: 'a', occupied: true, found: true },
      { loop: 'b', occupied: false, found: true },
    ]);
  });
});

describe('channel faults', () => {
  it('open and close when the card changes its mind, and survive a failed reading', () => {
    const decoder = createLoopDecoder(PRESENCE);
    const faults = (bytes: readonly number[], atMs: number) =>
      decoder
        .decode(reading(bytes, atMs))
        .flatMap((it) => (it.kind === 'sensor-fault' ? [`${it.layer} ${it.code} ${it.active}`] : []));
    // A fault of this loop may be remembered from before a restart: the good news is told too.
    expect(faults(FREE, 0)).toEqual(['channel loop-open false']);
    expect(faults(FREE, 5)).toEqual([]);
    expect(faults([0b1_0000, 0b10], 10)).toEqual(['channel loop-open true']);
    decoder.interrupt();
    expect(faults([0b1_0000, 0b10], 20)).toEqual([]);
    expect(faults(FREE, 30)).toEqual(['channel loop-open false']);
  });
});

describe('a read in parts', () => {
  const part = { first: 8, quantity: 8 };

  it('tells only what the part shows, each edge against the last reading of its own part', () => {
    const decoder = createLoopDecoder(PRESENCE);
    decoder.decode(reading(FREE, 100));
    expect(decoder.decode(reading([0b00], 110), part)).toEqual([
      { kind: 'loop-transition', loop: 'b', occupied: true, atMs: 106, uncertaintyMs: 6, found: false },
    ]);
    expect(decoder.decode(reading(A_OCCUPIED, 120))).toMatchObject([
      { loop: 'a', atMs: 111, uncertaintyMs: 11 },
      { loop: 'b', atMs: 116, uncertaintyMs: 6 },
    ]);
  });

  it('is interrupted in parts', () => {
    const decoder = createLoopDecoder(PRESENCE);
    decoder.decode(reading(FREE, 100));
    decoder.interrupt(part);
    expect(decoder.decode(reading(FREE, 310))).toMatchObject([{ loop: 'b', found: true }]);
  });
});

describe('occupied time', () => {
  it.each([
    ['u16', 1, 0x0203 * 10, 0x1_0000 * 10],
    ['u32-msw-first', 0, 0x0001_0203 * 10, 0x1_0000_0000 * 10],
  ] as const)('is read as %s at offset %i: %i ms', (decode, offset, occupiedMs, wrapsAtMs) => {
    const decoder = createLoopDecoder({
      table: 'input-register',
      quantity: 4,
      signals: [{ means: 'occupied-time', offset, loop: 'a', decode, unitMs: 10, nonVolatile: false }],
    });
    expect(decoder.decode(reading([0, 1, 2, 3, 0xff, 0xfe, 4, 5], 10))).toEqual([
      { kind: 'loop-occupancy', loop: 'a', occupiedMs, wrapsAtMs, nonVolatile: false, atMs: 11 },
    ]);
  });
});

describe('vehicle counters', () => {
  const counter = (decode: 'u16' | 'u32-msw-first' | 'u32-lsw-first', offset: number): Plan => ({
    table: 'holding-register',
    quantity: 4,
    signals: [{ means: 'vehicle-count', offset, loop: 'a', decode, nonVolatile: true }],
  });

  it.each([
    ['u16', 1, 0x0203, 16],
    ['u32-msw-first', 1, 0x0203_fffe, 32],
    ['u32-lsw-first', 1, 0xfffe_0203, 32],
    ['u32-lsw-first', 2, 0x0405_fffe, 32],
  ] as const)('are read as %s at offset %i: %i', (decode, offset, count, bits) => {
    const decoder = createLoopDecoder(counter(decode, offset));
    const registers = [0, 1, 2, 3, 0xff, 0xfe, 4, 5];
    expect(decoder.decode(reading(registers, 10))).toEqual([
      { kind: 'loop-counters', loop: 'a', count, bits, nonVolatile: true, atMs: 11 },
    ]);
  });

  it('cannot lie outside the reply or in a table of bits', () => {
    expect(() => createLoopDecoder(counter('u32-msw-first', 3))).toThrow('is not in');
    expect(() => createLoopDecoder({ ...counter('u16', 0), table: 'coil' })).toThrow('is not in');
  });
});
