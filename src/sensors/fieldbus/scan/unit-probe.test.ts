import { describe, expect, it } from 'vitest';
import type { ReadRequest } from '../modbus-frames.ts';
import type { ReadOutcome } from '../modbus-master.ts';
import { type Known, probeUnit } from './unit-probe.ts';

const LD = { table: 'input-register', address: 1, mask: 0xff } as const;
const IDENTIFY: Known['identify'] = [
  { driver: 'procon-ld120', label: '', ...LD, expect: 34 },
  { driver: 'procon-ld220', label: '', ...LD, expect: 35 },
  { driver: 'acme-x', label: '', table: 'holding-register', address: 100, mask: 0xffff, expect: 0x0a0b },
];
const FITS: Known['fits'] = [16, 8].map((quantity) => ({
  driver: `di${quantity}`,
  reads: [{ table: 'discrete-input', address: 1, quantity }],
}));
const timeout: ReadOutcome = { kind: 'timeout' };
const corrupt: ReadOutcome = { kind: 'corrupt', why: 'noise' };
const exception = (code: number): ReadOutcome => ({ kind: 'exception', code });
const values = (...bytes: number[]): ReadOutcome => ({
  kind: 'values',
  bytes: Uint8Array.from(bytes),
  sentAtMs: 0,
  receivedAtMs: 1,
});

/** A device that answers by `table address quantity`, in turn where there are several, and else not at all. */
async function probe(answers: Record<string, readonly ReadOutcome[]>, identify = IDENTIFY) {
  const asked: string[] = [];
  const left = new Map(Object.entries(answers).map(([key, turns]) => [key, [...turns]]));
  const read = ({ table, address, quantity }: ReadRequest): Promise<ReadOutcome> => {
    const key = `${table} ${address} ${quantity}`;
    asked.push(key);
    return Promise.resolve(left.get(key)?.shift() ?? timeout);
  };
  return { found: await probeUnit(9, { identify, fits: FITS }, read), asked };
}

describe('asking one unit who it is', () => {
  it('tells models apart by the masked register, whatever the other bits say', async () => {
    const { found } = await probe({ 'input-register 1 1': [values(0x12, 35)] });
    expect(found).toEqual({ kind: 'found', drivers: ['procon-ld220'], detail: 'input-register 1 = 0x1223' });
  });

  it('asks a silent number once and no more', async () => {
    const { found, asked } = await probe({});
    expect(found).toEqual({ kind: 'silent' });
    expect(asked).toEqual(['input-register 1 1']);
  });

  it('takes an exception for somebody, and then asks the other drivers’ registers', async () => {
    const { found } = await probe({
      'input-register 1 1': [exception(1)],
      'holding-register 100 1': [values(0x0a, 0x0b)],
    });
    expect(found).toMatchObject({ kind: 'found', drivers: ['acme-x'] });
  });

  it.each([0x0a, 0x0b])('takes a gateway’s own exception %i for nobody', async (code) => {
    expect((await probe({ 'input-register 1 1': [exception(code)] })).found).toEqual({ kind: 'silent' });
  });

  it('lists the drivers whose reads an unknown device answers', async () => {
    const { found } = await probe({
      'input-register 1 1': [values(0, 99)],
      'discrete-input 1 16': [exception(2)],
      'discrete-input 1 8': [values(0)],
    });
    expect(found).toEqual({
      kind: 'found',
      drivers: ['di8'],
      detail: 'input-register 1 = 0x0063; answers all that these drivers read',
    });
  });

  it('gives noise a second chance, and calls it noise after that', async () => {
    const once = await probe({ 'input-register 1 1': [corrupt, values(1, 34)] });
    expect(once.found).toMatchObject({ kind: 'found', drivers: ['procon-ld120'] });
    const twice = await probe({ 'input-register 1 1': [corrupt, corrupt] });
    expect(twice.found).toEqual({ kind: 'garbled', why: 'noise' });
  });

  it('asks anything at all where no driver says how its device is recognised', async () => {
    const { found } = await probe({ 'holding-register 1 1': [exception(2)] }, []);
    expect(found).toMatchObject({ kind: 'found', drivers: [] });
  });
});
