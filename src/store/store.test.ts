import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultRecord, flowRecord, incidentRecord, passageRecord } from '../../test/fakes/records.ts';
import type { Clock } from '../base/clock.ts';
import type { RoadsideError } from '../base/errors.ts';
import type { TrafficRecord } from '../traffic/record.ts';
import type { StreamName } from '../traffic/stored-record.ts';
import { assertDurable } from './database.ts';
import { STORE_VERSION } from './migrations/migrate.ts';
import { RELAY_CLASSES } from './relay-class.ts';
import { openStore, type Store } from './store.ts';

const ALL_STREAMS: ReadonlySet<StreamName> = new Set(['passage', 'flow', 'incident', 'fault']);
const ORIGIN = { site: 'renmin-lu-3', boot: 'boot-9', configRev: 'rev' };
const MADE_AT_MS = 1_800_000_000_000;

let folder: string;
let file: string;
let wallMs: number;
const opened: Store[] = [];
const clock: Clock = { now: () => ({ monoMs: 0, wallMs, quality: 'synced' }), monoMs: () => 0 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-store-'));
  file = join(folder, 'store.db');
  wallMs = MADE_AT_MS;
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(folder, { recursive: true });
});

function open(options: { maxPages?: number; relayed?: ReadonlySet<StreamName> } = {}): Store {
  const { maxPages, relayed = ALL_STREAMS } = options;
  const limit = maxPages === undefined ? {} : { maxPages };
  const store = openStore({
    file,
    upstreams: [{ name: 'platform', streams: relayed }],
    origin: ORIGIN,
    clock,
    ...limit,
  });
  opened.push(store);
  return store;
}

function pendingIds(store: Store): string[] {
  return RELAY_CLASSES.flatMap((relayClass) =>
    store
      .outbox('platform')
      .pending({ class: relayClass, after: 0, limit: 1000 })
      .map((row) => row.id),
  );
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as RoadsideError).code;
  }
  return 'nothing thrown';
}

function passages(from: number, to: number): TrafficRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => passageRecord({ seq: from + index }));
}

describe('append', () => {
  it('keeps a record byte for byte and puts it into ledger and outbox', () => {
    const store = open();
    const record = flowRecord({ seq: 1 });
    store.append([record]);
    const [row] = store.readLedger({ limit: 10 });
    expect(row).toMatchObject({ id: record.id, stream: 'flow', madeAtMs: MADE_AT_MS });
    expect(row?.body).toBe(JSON.stringify(record));
    expect(store.outbox('platform').pending({ class: 3, after: 0, limit: 10 })).toMatchObject([
      { body: row?.body },
    ]);
  });

  it('keeps a stream that is not relayed out of the outbox', () => {
    const store = open({ relayed: new Set<StreamName>(['incident']) });
    store.append([passageRecord({ seq: 1 }), incidentRecord({ seq: 1 })]);
    expect(pendingIds(store)).toEqual([incidentRecord({ seq: 1 }).id]);
    expect(store.totals()).toMatchObject({ stored: 2, acknowledged: 0, pending: 1, damaged: 0 });
  });

  it('stores none of the records of a transaction that fails, and counts on as if it had never been', () => {
    const store = open();
    store.append([passageRecord({ seq: 1 })]);
    const strange = { ...passageRecord({ seq: 2 }), stream: null } as unknown as TrafficRecord;
    expect(() => store.append([passageRecord({ seq: 3 }), strange])).toThrow(/NOT NULL/);
    expect(store.readLedger({ limit: 10 })).toHaveLength(1);
    expect(store.totals()).toMatchObject({ stored: 1, pending: 1 });
    store.append([passageRecord({ seq: 4 })]);
    expect(store.readLedger({ limit: 10 }).map(({ position }) => position)).toEqual([1, 2]);
  });
});

describe('outbox', () => {
  it('hands out incidents and faults before flow and passages, each in order', () => {
    const store = open();
    const records = [
      passageRecord({ seq: 1 }),
      flowRecord({ seq: 1 }),
      incidentRecord({ seq: 1 }),
      passageRecord({ seq: 2 }),
      faultRecord({ seq: 1 }),
    ] as const;
    store.append(records);
    expect(pendingIds(store)).toEqual([2, 4, 0, 1, 3].map((index) => records[index]?.id));
  });

  it('goes on behind a position', () => {
    const store = open();
    store.append(passages(1, 5));
    const first = store.outbox('platform').pending({ class: 3, after: 0, limit: 2 });
    const next = store.outbox('platform').pending({ class: 3, after: first.at(-1)?.position ?? 0, limit: 2 });
    expect([...first, ...next].map((row) => row.id)).toEqual(passages(1, 4).map((record) => record.id));
  });

  it('forgets what is acknowledged, keeps it in the ledger, and counts each row once', () => {
    const store = open();
    store.append(passages(1, 3));
    const positions = store
      .outbox('platform')
      .pending({ class: 3, after: 0, limit: 2 })
      .map((row) => row.position);
    store.outbox('platform').acknowledge(positions);
    store.outbox('platform').acknowledge([...positions, 999]);
    expect(store.totals()).toMatchObject({ stored: 3, acknowledged: 2, pending: 1, damaged: 0 });
    expect(store.outbox('platform').depth()).toBe(pendingIds(store).length);
    expect(store.readLedger({ limit: 10 })).toHaveLength(3);
  });

  it('knows when it was last written to', () => {
    const store = open();
    expect(store.lastStoredMs()).toBeNull();
    store.append(passages(1, 1));
    wallMs += 60_000;
    store.append(passages(2, 2));
    expect(store.lastStoredMs()).toBe(MADE_AT_MS + 60_000);
  });

  it('never hands out a row that the disk altered, and counts it', () => {
    open().append(passages(1, 3));
    opened.pop()?.close();
    const raw = new BetterSqlite3(file);
    raw.exec(`UPDATE ledger SET body = replace(body, '47.3', '41.3') WHERE position = 2`);
    raw.close();
    const store = open();
    expect(pendingIds(store)).toEqual([passageRecord({ seq: 1 }).id, passageRecord({ seq: 3 }).id]);
    expect(pendingIds(store)[0]).toContain('/gap/1');
    expect(store.totals()).toMatchObject({ stored: 4, acknowledged: 0, pending: 3, damaged: 1 });
  });
});

describe('ledger', () => {
  it('pages through one stream in order of storing', () => {
    const store = open();
    for (const seq of [1, 2, 3]) store.append([passageRecord({ seq }), flowRecord({ seq })]);
    const first = store.readLedger({ stream: 'flow', limit: 2 });
    const rest = store.readLedger({ stream: 'flow', after: first.at(-1)?.position ?? 0, limit: 2 });
    expect([...first, ...rest].map((row) => row.id)).toEqual([1, 2, 3].map((seq) => flowRecord({ seq }).id));
  });

  it('loses only rows that are both old and acknowledged', () => {
    const store = open();
    store.append(passages(1, 4));
    wallMs += 1000;
    store.append(passages(5, 6));
    store.outbox('platform').acknowledge([1, 3, 4, 5, 6]);
    expect(store.prune({ beforeMs: MADE_AT_MS + 1, limit: 100 })).toBe(3);
    expect(store.readLedger({ limit: 10 }).map((row) => row.position)).toEqual([2, 5, 6]);
  });

  it('is pruned past a row that the platform never acknowledges', () => {
    const store = open();
    store.append(passages(1, 6));
    store.outbox('platform').acknowledge([3, 4, 5, 6]);
    const removed = [1, 2, 3, 4].map(() => store.prune({ beforeMs: MADE_AT_MS + 1, limit: 2 }));
    expect(removed).toEqual([0, 2, 2, 0]);
    expect(pendingIds(store)).toHaveLength(2);
  });

  it('never uses a position twice, even after the newest rows are pruned', () => {
    const store = open();
    store.append(passages(1, 2));
    store.outbox('platform').acknowledge([1, 2]);
    store.prune({ beforeMs: MADE_AT_MS + 1, limit: 10 });
    store.append(passages(3, 3));
    expect(store.readLedger({ limit: 10 })[0]?.position).toBe(3);
  });
});

describe('opening', () => {
  it('finds records, outbox and totals of the run before', () => {
    const first = open();
    first.append(passages(1, 3));
    first.outbox('platform').acknowledge([1]);
    opened.pop()?.close();
    const second = open();
    expect(second.totals()).toMatchObject({ stored: 3, acknowledged: 1, pending: 2, damaged: 0 });
    expect(pendingIds(second)).toHaveLength(2);
  });

  it('is refused while another gateway has the file, and possible once that one has left', () => {
    open();
    expect(codeOf(() => open())).toBe('store-locked');
    opened.pop()?.close();
    expect(codeOf(() => open())).toBe('nothing thrown');
  });

  it('refuses a store that a later program wrote', () => {
    const raw = new BetterSqlite3(file);
    raw.pragma(`user_version = ${STORE_VERSION + 1}`);
    raw.close();
    expect(codeOf(() => open())).toBe('store-newer');
  });

  it('sets a file aside that is no database, and begins a new one', () => {
    writeFileSync(file, 'this is not a database, '.repeat(400));
    open().append(passages(1, 1));
    expect(readdirSync(folder).some((name) => name.startsWith('store.db.damaged-'))).toBe(true);
  });

  it('refuses a missing folder', () => {
    file = join(folder, 'missing', 'store.db');
    expect(codeOf(() => open())).toBe('store-unavailable');
  });

  it('refuses storage that cannot hold a write-ahead log', () => {
    file = ':memory:';
    expect(codeOf(() => open())).toBe('store-not-durable');
  });

  it('notices that the add-on dropped to NORMAL after the first write', () => {
    const raw = new BetterSqlite3(file);
    raw.pragma('journal_mode = WAL');
    raw.exec('CREATE TABLE t (a)');
    expect(codeOf(() => assertDurable(raw))).toBe('store-not-durable');
    raw.close();
  });
});
