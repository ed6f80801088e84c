import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16, encodeRtuRequest, encodeTcpRequest, type ReadRequest, shapeOf } from './modbus-frames.ts';

const anyRequest = fc
  .record({
    unit: fc.integer({ min: 0, max: 255 }),
    table: fc.constantFrom('coil', 'discrete-input', 'holding-register', 'input-register'),
    address: fc.integer({ min: 1, max: 60_000 }),
    quantity: fc.integer({ min: 1, max: 125 }),
  })
  .map((request): ReadRequest => request);

describe('Modbus requests', () => {
  it('are the bytes of the specification: holding registers 108-110 of unit 17', () => {
    const request = { unit: 17, table: 'holding-register', address: 108, quantity: 3 } as const;
    expect([...encodeRtuRequest(request)]).toEqual([0x11, 0x03, 0x00, 0x6b, 0x00, 0x03, 0x76, 0x87]);
    expect([...encodeTcpRequest(request, 0xabcd)]).toEqual([
      0xab, 0xcd, 0, 0, 0, 6, 0x11, 0x03, 0x00, 0x6b, 0x00, 0x03,
    ]);
  });

  it('carry a reading function code and no other, whatever is asked', () => {
    fc.assert(
      fc.property(anyRequest, fc.integer({ min: 0, max: 0xffff }), (request, transaction) => {
        const codes = [encodeRtuRequest(request)[1], encodeTcpRequest(request, transaction)[7]];
        for (const code of codes) expect([1, 2, 3, 4]).toContain(code);
      }),
    );
  });

  it('have a CRC that is zero over the frame with its CRC', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const frame = encodeRtuRequest(request);
        expect(crc16(frame, 0, frame.length)).toBe(0);
      }),
    );
  });

  it.each([
    { table: 'coil', address: 1, quantity: 2001 },
    { table: 'holding-register', address: 1, quantity: 126 },
    { table: 'holding-register', address: 0, quantity: 1 },
    { table: 'input-register', address: 65_536, quantity: 2 },
    { table: 'coil', address: 1, quantity: 0 },
  ] as const)('are refused where one reply cannot hold $quantity × $table from $address', (request) => {
    expect(() => shapeOf({ unit: 1, ...request })).toThrow('cannot be read in one request');
  });
});
