import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16, type ReplyShape } from './modbus-frames.ts';
import { createRtuReplyReader, RTU_BUFFER_BYTES } from './rtu-reply-reader.ts';
import { createTcpReplyReader, TCP_BUFFER_BYTES } from './tcp-reply-reader.ts';

const SHAPE: ReplyShape = { unit: 7, functionCode: 2, byteCount: 4 };
const SEED = 42;
const FUZZ_CHUNKS = 40_000;

function rtu(...body: number[]): Uint8Array {
  const crc = crc16(Uint8Array.from(body), 0, body.length);
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}

function tcp(transaction: number, ...body: number[]): Uint8Array {
  return Uint8Array.from([transaction >> 8, transaction & 0xff, 0, 0, 0, body.length, ...body]);
}

const REPLY = [7, 2, 4, 1, 2, 3, 4];
const VALUES = { kind: 'values', bytes: Uint8Array.of(1, 2, 3, 4) };

function expecting() {
  const rtuReader = createRtuReplyReader();
  rtuReader.expect(SHAPE);
  const tcpReader = createTcpReplyReader();
  tcpReader.expect(0x0102, SHAPE);
  return { rtuReader, tcpReader };
}

describe('the RTU reply reader', () => {
  it('accepts a reply that comes byte by byte, at its last byte', () => {
    const { rtuReader } = expecting();
    const frame = rtu(...REPLY);
    for (const byte of frame.subarray(0, -1)) expect(rtuReader.feed(Uint8Array.of(byte))).toBeNull();
    expect(rtuReader.feed(frame.subarray(-1))).toEqual(VALUES);
  });

  it('finds the reply behind noise that looks like its beginning', () => {
    const { rtuReader } = expecting();
    expect(rtuReader.feed(Uint8Array.from([7, 2, 4, 7, 2, ...rtu(...REPLY)]))).toEqual(VALUES);
  });

  it('reads an exception of the right unit and function', () => {
    const { rtuReader } = expecting();
    expect(rtuReader.feed(rtu(7, 0x82, 6))).toEqual({ kind: 'exception', code: 6 });
  });

  it.each([
    ['another unit', rtu(8, 2, 4, 1, 2, 3, 4)],
    ['another function', rtu(7, 1, 4, 1, 2, 3, 4)],
    ['another byte count', rtu(7, 2, 3, 1, 2, 3)],
    ['an exception of another unit', rtu(9, 0x82, 2)],
    ['a wrong CRC', Uint8Array.from([...REPLY, 0, 0])],
  ])('does not take a reply of %s', (_, frame) => {
    expect(expecting().rtuReader.feed(frame)).toBeNull();
  });

  it('believes neither of two replies to one request', () => {
    const { rtuReader } = expecting();
    const twice = Uint8Array.from([...rtu(...REPLY), ...rtu(7, 2, 4, 9, 9, 9, 9)]);
    expect(rtuReader.feed(twice)).toEqual({ kind: 'ambiguous' });
  });

  it('gives up on a babbling line instead of buffering it', () => {
    const { rtuReader } = expecting();
    expect(rtuReader.feed(new Uint8Array(RTU_BUFFER_BYTES))).toBeNull();
    expect(rtuReader.feed(new Uint8Array(1))).toEqual({ kind: 'ambiguous' });
  });
});

describe('the TCP reply reader', () => {
  it('accepts a reply that comes byte by byte, at its last byte', () => {
    const { tcpReader } = expecting();
    const frame = tcp(0x0102, ...REPLY);
    for (const byte of frame.subarray(0, -1)) expect(tcpReader.feed(Uint8Array.of(byte))).toBeNull();
    expect(tcpReader.hasPartialFrame).toBe(true);
    expect(tcpReader.feed(frame.subarray(-1))).toEqual(VALUES);
    expect(tcpReader.hasPartialFrame).toBe(false);
  });

  it('passes over a late reply and takes the right one behind it', () => {
    const { tcpReader } = expecting();
    const both = Uint8Array.from([...tcp(0x0002, 7, 2, 4, 9, 9, 9, 9), ...tcp(0x0102, ...REPLY)]);
    expect(tcpReader.feed(both)).toEqual(VALUES);
    expect(tcpReader.foreignFrames).toBe(1);
  });

  it('tells a reply of the 256th transaction before from the awaited one', () => {
    const { tcpReader } = expecting();
    expect(tcpReader.feed(tcp(0x0002, ...REPLY))).toBeNull();
  });

  it('calls a reply of another unit under our transaction a misfit', () => {
    expect(expecting().tcpReader.feed(tcp(0x0102, 99, 0x82, 2))).toEqual({ kind: 'misfit' });
  });

  it.each([
    ['a wrong protocol id', Uint8Array.of(1, 2, 0x12, 0x34)],
    ['an impossible length', Uint8Array.of(1, 2, 0, 0, 0xff, 0xf0)],
    ['a length of nothing', Uint8Array.of(1, 2, 0, 0, 0, 2)],
  ])('finds the stream broken at %s, without waiting for more', (_, bytes) => {
    expect(expecting().tcpReader.feed(bytes)).toMatchObject({ kind: 'broken' });
  });

  it('never fills a cut-off reply up with the next one', () => {
    const whole = tcp(0x0102, ...REPLY);
    for (let cut = 1; cut < whole.length; cut += 1) {
      const { tcpReader } = expecting();
      const reading = tcpReader.feed(Uint8Array.from([...whole.subarray(0, cut), ...whole]));
      expect(reading?.kind === 'values').toBe(false);
    }
  });

  it('gives up on a flood', () => {
    const { tcpReader } = expecting();
    expect(tcpReader.feed(new Uint8Array(TCP_BUFFER_BYTES + 1))).toMatchObject({ kind: 'broken' });
  });
});

describe('both readers under random bytes', () => {
  it(`accept nothing in ${FUZZ_CHUNKS} chunks of up to 16 random bytes, seed ${SEED}`, () => {
    const { rtuReader, tcpReader } = expecting();
    // Chunks may begin like the awaited reply, so that more than its first byte is tested.
    const anyChunk = fc.tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.uint8Array({ minLength: 1, maxLength: 16, size: 'max' }),
    );
    let total = 0;
    for (const [head, bytes] of fc.sample(anyChunk, { numRuns: FUZZ_CHUNKS, seed: SEED })) {
      total += bytes.length;
      const noise = Uint8Array.from([...REPLY.slice(0, head), ...bytes]);
      if (rtuReader.feed(noise) !== null) {
        expect(rtuReader.size).toBe(RTU_BUFFER_BYTES);
        rtuReader.expect(SHAPE);
      }
      const reading = tcpReader.feed(noise);
      if (reading !== null) {
        expect(reading.kind).toBe('broken');
        tcpReader.clear();
        tcpReader.expect(0x0102, SHAPE);
      }
    }
    expect(total).toBeGreaterThan(100_000);
  });

  it('accept a good reply planted in the same noise (control)', () => {
    const { rtuReader } = expecting();
    rtuReader.feed(Uint8Array.from({ length: 200 }, (_, index) => (index * 37) & 0xff));
    expect(rtuReader.feed(rtu(...REPLY))).toEqual(VALUES);
  });
});
