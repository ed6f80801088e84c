import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowRecord, passageRecord } from '../../test/fakes/records.ts';
import { openStore } from '../store/store.ts';
import { readEarlierRuns } from './earlier-runs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-earlier-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function learnedFrom(file: string): readonly (readonly [string, number])[] {
  const store = openStore({ file });
  try {
    const { learnedLengths = [] } = readEarlierRuns(store);
    return learnedLengths.map(({ lane, length }) => [lane, length.vehicles]);
  } finally {
    store.close();
  }
}

describe('what earlier runs left in the store', () => {
  it('has the newest learned length of each lane that the disk has not altered', () => {
    const file = join(folder, 'store.db');
    expect(learnedFrom(file)).toEqual([]);
    const store = openStore({ file });
    const learned = (seq: number, lane: string) => ({
      ...flowRecord({ seq, lane }),
      effectiveLength: { lengthM: 7, basis: 'measured', vehicles: 100 * seq } as const,
    });
    store.append([learned(1, 'north-1'), learned(2, 'north-1'), passageRecord({ seq: 1 })]);
    store.append([learned(3, 'north-2'), learned(4, 'north-1')]);
    store.close();
    expect(learnedFrom(file)).toEqual([
      ['north-1', 400],
      ['north-2', 300],
    ]);
    const database = new BetterSqlite3(file);
    database.exec(
      'UPDATE ledger SET made_at_ms = made_at_ms + 1 WHERE position = (SELECT max(position) FROM ledger)',
    );
    database.close();
    expect(learnedFrom(file)).toContainEqual(['north-1', 200]);
  });
});
