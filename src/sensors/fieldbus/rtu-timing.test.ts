import { expect, it } from 'vitest';
import { rtuTiming } from './rtu-timing.ts';

it('gives 3.5 characters of silence up to 19200 Bd and 1.75 ms above', () => {
  expect(rtuTiming({ baud: 9600, parity: 'even', stopBits: 1 }).silenceMs).toBeCloseTo(4.01, 2);
  expect(rtuTiming({ baud: 9600, parity: 'none', stopBits: 1 }).charMs).toBeCloseTo(1.0417, 3);
  expect(rtuTiming({ baud: 115_200, parity: 'none', stopBits: 2 }).silenceMs).toBe(1.75);
});
