import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowRecord } from '../../test/fakes/records.ts';
import type { Clock } from '../base/clock.ts';
import type { Outbox } from './outbox.ts';
import { openStore, type Store } from './store.ts';

const BEGAN_MS = Date.UTC(2026, 2, 4);
const MINUTE_MS = 60_000;

let folder: string;
let wallMs: number;
let seq: number;
let store: Store;
const clock: Clock = { now: () => ({ monoMs: 0, wallMs, quality: 'synced' }), monoMs: () => 0 };

function openAgain(): Outbox {
  store = openStore({
    file: join(folder, 'store.db'),
    upstreams: [{ name: 'platform', streams: new Set(['flow']) }],
    clock,
  });
  return store.outbox('platform');
}

function restart(): Outbox {
  store.close();
  return openAgain();
}

function append(): void {
  seq += 1;
  store.append([flowRecord({ seq })]);
}

/** As the relay asks, with a minute for what is live. */
const backlogUpTo = (outbox: Outbox): number =>
  outbox.backlogUpTo({ fromMs: wallMs - MINUTE_MS, toMs: wallMs + 1000 });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-outbox-'));
  wallMs = BEGAN_MS;
  seq = 0;
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('backlog', () => {
  it('is what was stored too long ago, or by a clock that was ahead', () => {
    const outbox = openAgain();
    append();
    expect(backlogUpTo(outbox)).toBe(0);
    wallMs += 2 * MINUTE_MS;
    append();
    expect(backlogUpTo(outbox)).toBe(1);
    wallMs -= MINUTE_MS;
    expect(backlogUpTo(outbox)).toBe(2);
  });

  it('stays so while the clock is set back, and over a restart as long as it waits', () => {
    const outbox = openAgain();
    append();
    append();
    wallMs += 2 * MINUTE_MS;
    expect(backlogUpTo(outbox)).toBe(2);
    wallMs -= 2 * MINUTE_MS;
    expect(backlogUpTo(outbox)).toBe(2);
    outbox.acknowledge([2]);
    expect(backlogUpTo(restart())).toBe(2);
  });

  it('needs no writing when nothing of it waits', () => {
    const outbox = openAgain();
    append();
    outbox.acknowledge([1]);
    wallMs += 2 * MINUTE_MS;
    expect(backlogUpTo(outbox)).toBe(1);
    wallMs -= 2 * MINUTE_MS;
    expect(backlogUpTo(restart())).toBe(0);
  });

  it('reaches no further than the newest row when the disk has altered its end', () => {
    openAgain();
    append();
    store.close();
    const raw = new BetterSqlite3(join(folder, 'store.db'));
    raw.exec('UPDATE upstreams SET backlog_up_to = 1000000');
    raw.close();
    const outbox = openAgain();
    append();
    expect(backlogUpTo(outbox)).toBe(1);
  });
});
