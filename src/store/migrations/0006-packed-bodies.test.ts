import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowRecord, passageRecord } from '../../../test/fakes/records.ts';
import { pendingChecksum, rowChecksum, textChecksum } from '../checksums.ts';
import { openStore, type Store } from '../store.ts';
import { ledgerAndOutbox } from './0001-ledger-and-outbox.ts';
import { openFaults } from './0002-open-faults.ts';
import { upstreams } from './0003-upstreams.ts';
import { auditAndCommands } from './0004-audit-and-commands.ts';
import { unsetClock } from './0005-unset-clock.ts';

const OLD = Array.from({ length: 20 }, (_, index) => passageRecord({ seq: index + 1 }));

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-packed-'));
  file = join(folder, 'store.db');
  writeFifthVersion();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file as a program of version 5 left it, with everything still waiting. */
function writeFifthVersion(): void {
  const raw = new BetterSqlite3(file);
  raw.function('pending_checksum', { varargs: true }, () => 0);
  raw.function('text_checksum', (text) => textChecksum(String(text)));
  for (const sql of [ledgerAndOutbox, openFaults, upstreams, auditAndCommands, unsetClock]) raw.exec(sql);
  for (const [index, record] of OLD.entries()) {
    const row = { id: record.id, stream: record.stream, madeAtMs: 1000, body: JSON.stringify(record) };
    const position = index + 1;
    raw
      .prepare('INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)')
      .run(position, row.id, row.stream, row.madeAtMs, row.body, rowChecksum(row));
    const crc = pendingChecksum({ position, upstream: 1, class: 3 });
    raw.prepare('INSERT INTO pending VALUES (1, 3, ?, ?)').run(position, crc);
  }
  raw.pragma('user_version = 5');
  raw.close();
}

function open(): Store {
  return openStore({ file, upstreams: [{ name: 'platform', streams: new Set(['passage', 'flow', 'gap']) }] });
}

function bodies(store: Store): readonly string[] {
  return store
    .outbox('platform')
    .pending({ class: 3, after: 0, limit: 100 })
    .map(({ body }) => body);
}

describe('a store of an earlier version', () => {
  it('delivers what it holds as it was stored, beside what comes after', () => {
    const store = open();
    const fresh = flowRecord({ seq: 1 });
    store.append([fresh]);
    const stored = [...OLD, fresh].map((record) => JSON.stringify(record));
    expect(bodies(store)).toEqual(stored);
    expect(store.readLedger({ limit: 100 }).map(({ body }) => body)).toEqual(stored);
    expect(store.totals()).toMatchObject({ damaged: 0, pending: 21 });
    store.close();
  });

  it('still tells what the disk has altered in it', () => {
    const raw = new BetterSqlite3(file);
    raw.exec(`UPDATE ledger SET body = replace(body, '47.3', '97.3') WHERE position = 7`);
    raw.close();
    const store = open();
    expect(bodies(store)).toHaveLength(OLD.length - 1);
    expect(store.totals()).toMatchObject({ damaged: 1 });
    store.close();
  });

  it('takes half the room for what comes after', () => {
    const store = open();
    store.append([passageRecord({ seq: 999 })]);
    store.close();
    const raw = new BetterSqlite3(file);
    const lengths = raw
      .prepare<[], number>('SELECT length(body) FROM ledger ORDER BY position')
      .pluck()
      .all();
    raw.close();
    expect(lengths.at(-1)).toBeLessThan(0.6 * (lengths[0] ?? 0));
  });
});
