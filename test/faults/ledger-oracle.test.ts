import { describe, expect, it } from 'vitest';
import type { GapRecord, StoredRecord } from '../../src/traffic/stored-record.ts';
import { flowRecord, gapRecord, incidentRecord, passageRecord } from '../fakes/records.ts';
import { createLedgerOracle, type Delivery, type Verdict } from './ledger-oracle.ts';

const RECORDS: readonly StoredRecord[] = [1, 2, 3, 4].flatMap((seq) => [
  passageRecord({ seq }),
  incidentRecord({ seq }),
]);
const arrival = (record: StoredRecord, replayed = false): Delivery => ({
  id: record.id,
  body: JSON.stringify(record),
  replayed,
});
const ALL = RECORDS.map((record) => arrival(record));

function judge(delivered: readonly Delivery[], repeatsAllowed = 0, accepted = RECORDS): Verdict {
  const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed });
  for (const record of RECORDS) oracle.offer(record);
  for (const { id } of accepted) oracle.accept(id);
  for (const delivery of delivered) oracle.deliver(delivery);
  return oracle.verdict();
}

function gap(changes: Partial<GapRecord>): Delivery {
  const record: GapRecord = {
    ...gapRecord({ seq: 1 }),
    upstream: 'platform',
    ...{ count: 1, ranges: [], unnamed: 0 },
    ...changes,
  };
  return arrival(record);
}
const THIRD_PASSAGE = { boot: 'boot-1', stream: 'passage', fromSeq: 3, toSeq: 3 } as const;
const without = (seq: number): readonly Delivery[] => ALL.filter(({ id }) => !id.endsWith(`passage/${seq}`));

describe('the ledger oracle is content', () => {
  it('with everything once and in order', () => {
    expect(judge(ALL)).toEqual({
      accepted: 8,
      delivered: 8,
      declared: 0,
      unnamed: 0,
      repeated: 0,
      broken: [],
    });
  });

  it('with incidents before passages, and with live records before older ones that are replayed', () => {
    const [passages, incidents] = ['passage', 'incident'].map((stream) =>
      ALL.filter(({ id }) => id.includes(`/${stream}/`)),
    );
    expect(judge([...(incidents ?? []), ...(passages ?? [])]).broken).toEqual([]);
    const replayed = RECORDS.slice(0, 6).map((record) => arrival(record, true));
    expect(judge([...ALL.slice(6), ...replayed]).broken).toEqual([]);
  });

  it('with a missing record that a gap record names, or counts', () => {
    expect(judge([...without(3), gap({ ranges: [THIRD_PASSAGE] })])).toMatchObject({
      declared: 1,
      broken: [],
    });
    expect(judge([...without(3), gap({ unnamed: 1 })])).toMatchObject({ unnamed: 1, broken: [] });
  });

  it('when a record whose append never returned does not arrive', () => {
    expect(judge(ALL.slice(0, 7), 0, RECORDS.slice(0, 7)).broken).toEqual([]);
  });
});

describe('the ledger oracle catches', () => {
  it.each<[string, readonly Delivery[], string]>([
    ['a lost record', without(3), 'lost: renmin-lu-3/boot-1/passage/3'],
    [
      'a lost record that is declared to somebody else',
      [...without(3), gap({ upstream: 'transport', ranges: [THIRD_PASSAGE] })],
      'lost:',
    ],
    [
      'two lost records of which one is declared',
      [...without(3).filter(({ id }) => !id.endsWith('passage/4')), gap({ ranges: [THIRD_PASSAGE] })],
      'lost: renmin-lu-3/boot-1/passage/4',
    ],
    ['a record too many', [...ALL, arrival(flowRecord({ seq: 1 }))], 'never stored:'],
    ['a record twice', [...ALL, ...ALL.slice(-1)], 'repeated: 1 times'],
    [
      'an altered record',
      ALL.map((each, index) =>
        index === 4 ? { ...each, body: each.body.replace('north-1', 'north-2') } : each,
      ),
      'altered: renmin-lu-3/boot-1/passage/3',
    ],
    [
      'two records in each other’s place',
      [...ALL.slice(2, 4), ...ALL.slice(0, 2), ...ALL.slice(4)],
      'disordered:',
    ],
  ])('%s', (_name, delivered, sentence) => {
    expect(judge(delivered).broken.join('\n')).toContain(sentence);
  });
});
