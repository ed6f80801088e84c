import { describe, expect, it } from 'vitest';
import { type ModbusDriver, modbusDriverSchema } from '../schema/modbus-driver.ts';
import { expandReads } from './reads.ts';

const evidence = 'manual rev. C, page 12';

function driverWith(parts: { signals: readonly object[]; channels?: number; limits?: object }): ModbusDriver {
  return modbusDriverSchema.parse({
    driver: 'acme-ld4',
    label: 'Acme LD4',
    kind: 'loop-detector',
    channels: parts.channels ?? 4,
    bus: { responseTimeoutMs: 200 },
    signals: parts.signals.map((signal) => ({ evidence, ...signal })),
    limits: parts.limits ?? {},
    examples: [{ note: 'n', given: { 'coil@1': [0] }, expect: {} }],
  });
}

const presence = { means: 'loop-occupied', decode: 'bits', table: 'discrete-input', address: 1 };
const faults = { means: 'loop-fault', decode: 'bits', table: 'discrete-input', address: 5 };
const counts = {
  means: 'vehicle-count',
  decode: 'u32-msw-first',
  table: 'holding-register',
  address: 9,
  nonVolatile: true,
};
const loops = ['a', 'b', 'c', 'd'];
const shape = (reads: ReturnType<typeof expandReads>) =>
  reads.map(({ table, address, quantity, everyMs }) => `${table} ${address}+${quantity} each ${everyMs} ms`);

describe('expandReads', () => {
  it('reads neighbouring presence and fault bits with one request, and counters each second', () => {
    const driver = driverWith({ signals: [presence, faults, counts] });
    expect(shape(expandReads({ driver, loops, pollMs: 50, invert: false }))).toEqual([
      'discrete-input 1+8 each 50 ms',
      'holding-register 9+8 each 1000 ms',
    ]);
  });

  it('says for each value its place in the reply and its loop', () => {
    const driver = driverWith({ signals: [presence, faults, counts], channels: 2 });
    const reads = expandReads({ driver, loops: ['a', 'b'], pollMs: 50, invert: false });
    expect(reads.flatMap((read) => read.signals)).toEqual([
      { means: 'loop-occupied', offset: 0, loop: 'a', invert: false },
      { means: 'loop-occupied', offset: 1, loop: 'b', invert: false },
      { means: 'loop-fault', offset: 0, loop: 'a', code: 'loop-fault' },
      { means: 'loop-fault', offset: 1, loop: 'b', code: 'loop-fault' },
      { means: 'vehicle-count', offset: 0, loop: 'a', decode: 'u32-msw-first', nonVolatile: true },
      { means: 'vehicle-count', offset: 2, loop: 'b', decode: 'u32-msw-first', nonVolatile: true },
    ]);
  });

  it('reads fault bits that are far from presence only each second', () => {
    const driver = driverWith({ signals: [presence, { ...faults, address: 100 }] });
    expect(shape(expandReads({ driver, loops, pollMs: 50, invert: false }))).toEqual([
      'discrete-input 1+4 each 50 ms',
      'discrete-input 100+4 each 1000 ms',
    ]);
  });

  it('spans addresses without a signal only where the driver says that the card answers them', () => {
    const apart = { ...presence, stride: 3 };
    const strict = driverWith({ signals: [apart] });
    expect(expandReads({ driver: strict, loops, pollMs: 50, invert: false })).toHaveLength(4);
    const lenient = driverWith({ signals: [apart], limits: { gap: 2 } });
    expect(shape(expandReads({ driver: lenient, loops, pollMs: 50, invert: false }))).toEqual([
      'discrete-input 1+10 each 50 ms',
    ]);
  });

  it('never asks for more registers than the card takes, and never cuts a 32-bit counter in two', () => {
    const driver = driverWith({ signals: [presence, counts], limits: { registersPerRequest: 5 } });
    expect(shape(expandReads({ driver, loops, pollMs: 50, invert: false })).slice(1)).toEqual([
      'holding-register 9+4 each 1000 ms',
      'holding-register 13+4 each 1000 ms',
    ]);
  });

  it('leaves out channels without a loop', () => {
    const driver = driverWith({ signals: [presence, counts] });
    expect(shape(expandReads({ driver, loops: [null, 'b', null, null], pollMs: 50, invert: false }))).toEqual(
      ['discrete-input 2+1 each 50 ms', 'holding-register 11+2 each 1000 ms'],
    );
  });

  it.each([
    { card: false, wiring: false, invert: false },
    { card: true, wiring: false, invert: true },
    { card: false, wiring: true, invert: true },
    { card: true, wiring: true, invert: false },
  ])('inverts once: card $card, wiring $wiring', ({ card, wiring, invert }) => {
    const driver = driverWith({ signals: [{ ...presence, invert: card }], channels: 1 });
    const [read] = expandReads({ driver, loops: ['a'], pollMs: 50, invert: wiring });
    expect(read?.signals).toEqual([{ means: 'loop-occupied', offset: 0, loop: 'a', invert }]);
  });

  it('never polls counters faster than presence', () => {
    const driver = driverWith({ signals: [presence, counts] });
    const reads = expandReads({ driver, loops, pollMs: 2000, invert: false });
    expect(reads.map((read) => read.everyMs)).toEqual([2000, 2000]);
  });
});
