import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCrc16 } from './crc16.ts';

/** Check values over "123456789" (Williams §15 and the CRC RevEng catalogue). */
const KNOWN = [
  ['MODBUS', 0x8005, 0xffff, true, 0x4b37],
  ['ARC', 0x8005, 0x0000, true, 0xbb3d],
  ['XMODEM', 0x1021, 0x0000, false, 0x31c3],
  ['CCITT-FALSE', 0x1021, 0xffff, false, 0x29b1],
  ['KERMIT', 0x1021, 0x0000, true, 0x2189],
  ['RIELLO: an initial value that is no palindrome', 0x1021, 0xb2aa, true, 0x63d0],
] as const;

const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });

describe('crc16', () => {
  it.each(KNOWN)('gives the published check value of %s', (_, polynomial, initial, reflected, check) => {
    const crc16 = createCrc16({ polynomial, initial, reflected });
    expect(crc16(Buffer.from('123456789'))).toBe(check);
  });

  it.each(KNOWN)('notices any single flipped bit (%s)', (_, polynomial, initial, reflected) => {
    const crc16 = createCrc16({ polynomial, initial, reflected });
    fc.assert(
      fc.property(bytes, fc.nat(), (original, at) => {
        const flipped = original.slice();
        const bit = at % (original.length * 8);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return crc16(flipped) !== crc16(original);
      }),
    );
  });
});
