import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFragmentReader, type StreamPart } from './fragment-reader.ts';

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8, 0);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}
const numbers = (...values: readonly number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    }),
  );

const TIMESCALE = 1000;
const FTYP = box('ftyp', Buffer.from('iso5'));
const MDHD = box('mdhd', numbers(0, 0, 0, TIMESCALE, 0, 0));
const MOOV = box('moov', box('trak', box('mdia', MDHD)));
const KEY = 0x2000000;
const NO_KEY = 0x1010000;

/** Three pictures of 40 ms, their durations by default or one by one. */
function fragment(options: { key: boolean; each?: boolean; content?: number }): Buffer {
  const first = options.key ? KEY : NO_KEY;
  const tfhd = box('tfhd', numbers(0x20028, 1, 40, NO_KEY));
  const trun = options.each
    ? box('trun', numbers(0x000101 | 0x4, 3, 0, first, 40, 50, 60))
    : box('trun', numbers(0x5, 3, 0, first));
  const moof = box('moof', box('mfhd', numbers(0, 1)), box('traf', tfhd, trun));
  return Buffer.concat([moof, box('mdat', Buffer.alloc(options.content ?? 30, 7))]);
}

const shape = (part: StreamPart) =>
  part.kind === 'head'
    ? { kind: part.kind, bytes: part.bytes.length }
    : { ...part, bytes: part.bytes.length };

test('a head and its fragments come out whole, with what their samples say', () => {
  const [first, second] = [fragment({ key: true }), fragment({ key: false, each: true })];
  const parts = createFragmentReader().write(Buffer.concat([FTYP, MOOV, first, second]));
  expect(parts.map(shape)).toEqual([
    { kind: 'head', bytes: FTYP.length + MOOV.length },
    { kind: 'fragment', bytes: first.length, startsWithKey: true, mediaMs: 120, lastPictureMs: 80 },
    { kind: 'fragment', bytes: second.length, startsWithKey: false, mediaMs: 150, lastPictureMs: 90 },
  ]);
  expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(Buffer.concat([FTYP, MOOV, first, second]));
});

test('a count of samples that no bytes stand for is multiplied and not walked through', () => {
  const count = 0xffffffff;
  const trun = box('trun', numbers(0x5, count, 0, KEY));
  const moof = box('moof', box('traf', box('tfhd', numbers(0x20028, 1, 40, NO_KEY)), trun));
  const stream = Buffer.concat([FTYP, MOOV, moof, box('mdat', Buffer.alloc(1))]);
  const [, part] = createFragmentReader().write(stream);
  expect(part).toMatchObject({ mediaMs: count * 40, lastPictureMs: (count - 1) * 40 });
});

test('however the bytes are cut, the same parts come out', () => {
  const stream = Buffer.concat([FTYP, MOOV, fragment({ key: true }), fragment({ key: false, content: 300 })]);
  const whole = createFragmentReader().write(stream);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 60 }), (sizes) => {
      const reader = createFragmentReader();
      const parts: StreamPart[] = [];
      let at = 0;
      for (const size of [...sizes, stream.length]) {
        parts.push(...reader.write(Buffer.from(stream.subarray(at, at + size))));
        at += size;
      }
      expect(parts).toEqual(whole);
    }),
  );
});

test.each([
  ['a box that is larger than any', numbers(0x7fffffff)],
  ['a box that is smaller than its own head', numbers(3)],
  ['pictures before a head', box('mdat', Buffer.alloc(4))],
  ['a head without a track', box('moov', box('mvhd', numbers(0)))],
  ['a track that counts in nothing', box('moov', box('trak', box('mdia', box('mdhd', numbers(0, 0, 0, 0)))))],
])('%s is refused', (_what, bytes) => {
  expect(() => createFragmentReader().write(Buffer.concat([bytes, Buffer.alloc(8)]))).toThrow(
    expect.objectContaining({ code: 'camera-stream-unusable' }),
  );
});

test('a fragment that announces more samples than it holds is refused', () => {
  const trun = box('trun', numbers(0x101, 0x7fffffff, 0, 40));
  const moof = box('moof', box('traf', box('tfhd', numbers(0, 1)), trun));
  const stream = Buffer.concat([FTYP, MOOV, moof, box('mdat', Buffer.alloc(4))]);
  expect(() => createFragmentReader().write(stream)).toThrow(/samples/);
});

test('no bytes whatever do worse than to be refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, withHead) => {
      const reader = createFragmentReader();
      try {
        if (withHead) reader.write(Buffer.concat([FTYP, MOOV]));
        reader.write(Buffer.from(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'camera-stream-unusable' });
      }
    }),
  );
});
