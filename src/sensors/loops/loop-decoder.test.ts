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
    expect(faults(FREE, 0)).toEqual([]);
    expect(faults([0b1_0000, 0b10], 10)).toEqual(['channel loop-open true']);
    decoder.interrupt();
    expect(faults([0b1_0000, 0b10], 20)).toEqual([]);
    expect(faults(FREE, 30)).toEqual(['channel loop-open false']);
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
