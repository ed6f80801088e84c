import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  auditRecord,
  faultRecord,
  flowRecord,
  gapRecord,
  healthRecord,
  hiResRecord,
  incidentRecord,
  movementRecord,
  passageRecord,
} from '../../test/fakes/records.ts';
import { PHRASES } from './packed-body.table.ts';
import { packBody, unpackBody } from './packed-body.ts';

const RECORDS = [
  ...[passageRecord, flowRecord, movementRecord, incidentRecord, faultRecord, hiResRecord],
  ...[gapRecord, healthRecord, auditRecord],
].map((make) => make({ seq: 1 }));
const anyText = fc.string({ unit: 'binary' });
const anyPhrase = fc.constantFrom(...PHRASES);

describe('a packed body', () => {
  it.each(RECORDS)('is the text again, byte for byte: $stream', (record) => {
    const body = JSON.stringify(record);
    expect(unpackBody(packBody(body))).toBe(body);
  });

  it('is so whatever the record says, even where it quotes what the store abbreviates', () => {
    const value = fc.oneof(fc.jsonValue(), anyText, anyPhrase);
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(anyText, anyPhrase), value), (record) => {
        const body = JSON.stringify(record);
        expect(unpackBody(packBody(body))).toBe(body);
      }),
    );
  });

  it('takes less than six tenths of the room, for the records of which there are most', () => {
    for (const record of [passageRecord({ seq: 4711 }), flowRecord({ seq: 112 })]) {
      const body = JSON.stringify(record);
      expect(packBody(body).length).toBeLessThan(0.6 * body.length);
    }
  });

  it('of an earlier version is the text itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(unpackBody(JSON.stringify(value))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('that the disk has altered is left as it is, and nothing throws', () => {
    const bytes: unknown = Buffer.from('\u0001!');
    expect(unpackBody(bytes as string)).toBe(bytes);
    for (const altered of ['{"a":1\u0001', '{"a":1\u0001 }', '{"a":1\u0001\u00e9}'])
      expect(unpackBody(altered)).toBe(altered);
  });
});

describe('the phrases', () => {
  it('that are in the files of cabinets never change: add at the end, and their number and sum here', () => {
    const released = PHRASES.slice(0, 78);
    expect(crc32(released.join('\n'))).toBe(3_198_702_748);
  });

  it('are told apart by one character', () => {
    expect(new Set(PHRASES).size).toBe(PHRASES.length);
    expect(PHRASES.length).toBeLessThanOrEqual(94);
  });
});
