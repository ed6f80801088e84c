import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowRecord, incidentRecord, passageRecord } from '../../test/fakes/records.ts';
import type { OutboxRow } from '../store/outbox.ts';
import type { TrafficRecord } from '../traffic/record.ts';
import { encodeRecord } from './publication.ts';

const MADE_AT_MS = 1_800_000_000_000;

function encode(record: TrafficRecord, ageMs: number) {
  const { id, stream } = record;
  const row: OutboxRow = { position: 1, id, stream, madeAtMs: MADE_AT_MS, body: JSON.stringify(record) };
  return encodeRecord(row, { site: 'renmin-lu-3', wallMs: MADE_AT_MS + ageMs, replayed: ageMs > 30_000 });
}

describe('a record on its way out', () => {
  it('keeps its stored text byte for byte behind the envelope', () => {
    const record = flowRecord({ seq: 7 });
    const { payload } = encode(record, 120);
    expect(payload).toBe(
      `{"schema":"roadside.flow/1","replayed":false,"publishedAtMs":${MADE_AT_MS + 120},${JSON.stringify(record).slice(1)}`,
    );
  });

  it.each([false, true])('goes to the tree of its kind and says so (replayed: %s)', (replayed) => {
    const publication = encode(incidentRecord({ seq: 1 }), replayed ? 60_000 : 0);
    expect(JSON.parse(publication.payload)).toMatchObject({ replayed });
    expect(publication.topic.includes('/replay/')).toBe(replayed);
    expect(publication.properties).toMatchObject({ replayed: String(replayed) });
  });

  it('has a topic for its lane when it is flow or a passage, and one for the site otherwise', () => {
    const topics = [flowRecord, passageRecord, incidentRecord].map(
      (make) => encode(make({ seq: 1, lane: 'east-2' }), 0).topic,
    );
    expect(topics).toEqual([
      'roadside/v1/renmin-lu-3/flow/east-2',
      'roadside/v1/renmin-lu-3/passage/east-2',
      'roadside/v1/renmin-lu-3/incident',
    ]);
  });

  it('expires at the broker only as live flow', () => {
    expect(encode(flowRecord({ seq: 1 }), 0).expiryS).toBe(3600);
    expect(encode(flowRecord({ seq: 1 }), 60_000).expiryS).toBeNull();
    expect(encode(incidentRecord({ seq: 1 }), 0).expiryS).toBeNull();
  });

  it('is what reading the record and writing it again would make of it, whatever its texts hold', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('"lane":"x"', '\\"lane":"', 'lane', '北-1', '\u2028', '\ud800'),
    );
    const make = fc.constantFrom(flowRecord, passageRecord, incidentRecord);
    fc.assert(
      fc.property(make, text, text, text, fc.boolean(), (of, lane, boot, classScheme, late) => {
        const made = { ...of({ seq: 3, boot, lane }), site: classScheme, sensor: classScheme };
        const flow = { classScheme, classCounts: { lane: 3, [classScheme]: 4 } };
        const record: TrafficRecord = made.stream === 'flow' ? { ...made, ...flow } : made;
        const ageMs = late ? 60_000 : 0.4;
        const { topic, payload } = encode(record, ageMs);
        const tree = late ? 'roadside/v1/renmin-lu-3/replay' : 'roadside/v1/renmin-lu-3';
        expect(topic).toBe(
          made.stream === 'incident' ? `${tree}/incident` : `${tree}/${made.stream}/${lane}`,
        );
        const publishedAtMs = Math.round(MADE_AT_MS + ageMs);
        const whole = { schema: `roadside.${made.stream}/1`, replayed: late, publishedAtMs, ...record };
        expect(payload).toBe(JSON.stringify(whole));
      }),
    );
  });
});
