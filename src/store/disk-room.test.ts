import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { passageRecord } from '../../test/fakes/records.ts';
import { openStore } from './store.ts';

const MEGABYTE = 1_048_576;
const UPSTREAMS = [{ name: 'platform', streams: new Set(['passage'] as const) }];

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-room-'));
  file = join(folder, 'store.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The full disk itself is a case for test/faults: it takes a small volume of its own. */
describe('the room that a store keeps on the disk', () => {
  it('is a ballast and a log of full length, and the log stays so over many commits', () => {
    const store = openStore({ file, upstreams: UPSTREAMS });
    expect(statSync(`${file}-ballast`).size).toBe(MEGABYTE);
    for (let seq = 1; seq <= 300; seq += 1) store.append([passageRecord({ seq })]);
    expect(statSync(`${file}-wal`).size).toBe(MEGABYTE);
    store.close();
  });

  it('is not needed by those who only look', () => {
    openStore({ file }).close();
    expect(existsSync(`${file}-ballast`)).toBe(false);
  });

  it('is not given up when the store has only reached its own limit', () => {
    const store = openStore({ file, upstreams: UPSTREAMS, maxPages: 48 });
    for (let from = 1; from <= 6000; from += 50) {
      store.append(Array.from({ length: 50 }, (_, index) => passageRecord({ seq: from + index })));
    }
    expect(store.totals().evicted).toBeGreaterThan(0);
    expect(existsSync(`${file}-ballast`)).toBe(true);
    store.close();
  });
});
