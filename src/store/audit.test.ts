import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../base/clock.ts';
import type { AuditFact, AuditRecord } from '../traffic/stored-record.ts';
import { exampleRecords } from '../uplink/payloads/contract-examples.ts';
import { type AuditRow, auditHash, checkChain } from './audit-chain.ts';
import { openStore, type Store } from './store.ts';

const ENTRIES = 12;
let folder: string;
let file: string;
let boots = 0;
const clock: Clock = {
  now: () => ({ monoMs: 0, wallMs: 1_800_000_000_000, quality: 'synced' }),
  monoMs: () => 0,
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-audit-'));
  file = join(folder, 'store.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(): Store {
  boots += 1;
  const origin = { site: 'renmin-lu-3', boot: `boot-${boots}`, configRev: 'rev' };
  return openStore({
    file,
    upstreams: [{ name: 'platform', streams: new Set(['audit'] as const) }],
    origin,
    clock,
  });
}

function fact(detail: string): AuditFact {
  const nothing = { command: null, commandId: null, subject: null, reason: null } as const;
  return { action: 'started', actor: 'agent', ...nothing, detail, count: 1 };
}

/** A store with some entries, some of them by a later run. */
function fill(): void {
  for (const run of ['first', 'second']) {
    const store = open();
    for (let entry = 0; entry < ENTRIES / 2; entry += 1) store.audit.append(fact(`${run} ${entry}`));
    store.close();
  }
}

function verdictOf(store: Store): ReturnType<typeof checkChain> {
  return checkChain(store.audit.read(0, 1000), store.audit.ends());
}

/** Somebody with a tool of their own. */
function tamper(sql: string, ...values: readonly (string | number)[]): void {
  const database = new BetterSqlite3(file);
  database.prepare(sql).run(...values);
  database.close();
}

function verdict(): ReturnType<typeof checkChain> {
  const store = open();
  try {
    return verdictOf(store);
  } finally {
    store.close();
  }
}

describe('the audit', () => {
  it('is one chain over restarts, and each entry goes to the platform as it is', () => {
    fill();
    const store = open();
    expect(verdictOf(store)).toMatchObject({ kind: 'whole', entries: ENTRIES });
    const pending = store.outbox('platform').pending({ class: 1, after: 0, limit: 100 });
    expect(pending.map(({ body }) => body)).toEqual(store.audit.read(0, 100).map(({ body }) => body));
    const { hash } = JSON.parse(pending.at(-1)?.body ?? '') as AuditRecord;
    expect(store.audit.ends().lastHash).toBe(hash);
    store.close();
  });

  it('begins whole and empty', () => expect(verdict()).toMatchObject({ kind: 'whole', entries: 0 }));

  it.each([1, 5, ENTRIES])('shows where entry %i was changed', (number) => {
    fill();
    tamper(`UPDATE audit SET body = replace(body, '"agent"', '"nobody"') WHERE number = ?`, number);
    expect(verdict()).toMatchObject({ kind: 'broken', number });
  });

  it.each([1, 5])('shows that entry %i was taken out', (number) => {
    fill();
    tamper('DELETE FROM audit WHERE number = ?', number);
    expect(verdict()).toMatchObject({ kind: 'broken', number });
  });

  it('shows that the end was cut off, also when the agent has gone on since', () => {
    fill();
    tamper('DELETE FROM audit WHERE number > ?', 9);
    expect(verdict()).toMatchObject({ kind: 'broken', number: 10 });
    const store = open();
    store.audit.append(fact('later'));
    expect(verdictOf(store)).toMatchObject({ kind: 'broken', number: 10 });
    store.close();
  });

  it('shows by what the platform has got that the end was cut off together with what is known of it', () => {
    fill();
    const store = open();
    const { lastNumber, lastHash } = store.audit.ends();
    const tenth: AuditRecord = JSON.parse(store.audit.read(9, 1)[0]?.body ?? '');
    store.close();
    tamper('DELETE FROM audit WHERE number > 10');
    tamper('UPDATE audit_ends SET last_number = 10, last_hash = ?', tenth.hash);
    const cut = open();
    expect(verdictOf(cut)).toMatchObject({ kind: 'whole' });
    expect(cut.audit.ends()).not.toMatchObject({ lastNumber, lastHash });
    cut.close();
  });

  it('shows entries that were exchanged, renumbered, put in and rehashed', () => {
    fill();
    const store = open();
    const rows = store.audit.read(0, 100);
    const ends = store.audit.ends();
    store.close();
    const [first, second, ...rest] = rows as [AuditRow, AuditRow, ...AuditRow[]];
    const broken = (changed: readonly AuditRow[]) => checkChain(changed, ends).kind === 'broken';
    expect(broken(rows)).toBe(false);
    expect(broken([second, first, ...rest])).toBe(true);
    expect(broken([{ ...first, body: second.body }, { ...second, body: first.body }, ...rest])).toBe(true);
    expect(broken([first, first, second, ...rest])).toBe(true);
    const forged: AuditRecord = { ...JSON.parse(second.body), detail: 'nothing happened' };
    const rehashed = { ...forged, hash: auditHash(forged) };
    expect(broken([first, { number: 2, body: JSON.stringify(rehashed) }, ...rest])).toBe(true);
  });

  it('shows any single changed character', () => {
    fill();
    const store = open();
    const rows = store.audit.read(0, 100);
    const ends = store.audit.ends();
    store.close();
    fc.assert(
      fc.property(fc.nat(ENTRIES - 1), fc.nat(), fc.integer({ min: 1, max: 127 }), (index, place, bits) => {
        const row = rows[index] as AuditRow;
        const at = place % row.body.length;
        const other = String.fromCharCode(row.body.charCodeAt(at) ^ bits);
        const body = row.body.slice(0, at) + other + row.body.slice(at + 1);
        const changed = rows.map((each) => (each === row ? { ...row, body } : each));
        expect(checkChain(changed, ends)).toMatchObject({ kind: 'broken', number: row.number });
      }),
      { numRuns: 2000 },
    );
  });

  it('outlives a file that is damaged, as far as it can be read, and old commands stay refused', () => {
    fill();
    const before = open();
    const rows = before.audit.read(0, 100);
    before.close();
    // The header alone: the entries can be read.
    writeFileSync(file, Buffer.from('not a database'), { flag: 'r+' });
    const healed = open();
    expect(readdirSync(folder).length).toBeGreaterThan(1);
    expect(healed.audit.read(0, 100)).toEqual(rows);
    healed.audit.append(fact('after the damage'));
    expect(verdictOf(healed)).toMatchObject({ kind: 'whole', entries: ENTRIES + 1 });
    expect(healed.commands.floorMs()).toBeGreaterThan(1_800_000_000_000);
    healed.close();
  });

  it('begins anew in a file of which nothing could be read', () => {
    fill();
    truncateSync(file, 100);
    rmSync(`${file}.mark`);
    const healed = open();
    healed.audit.append(fact('after the damage'));
    expect(verdictOf(healed)).toMatchObject({ kind: 'whole', entries: 1 });
    healed.close();
  });

  it('goes on behind the mark in a file of which nothing could be read, so that the hole is seen', () => {
    fill();
    truncateSync(file, 100);
    const healed = open();
    healed.audit.append(fact('after the damage'));
    expect(verdictOf(healed)).toMatchObject({ kind: 'broken', number: 1 });
    expect(healed.audit.ends().lastNumber).toBeGreaterThan(1);
    healed.close();
  });

  it('is explained by the contract: the example has the hash that its text describes', () => {
    expect(exampleRecords.audit.hash).toBe(auditHash(exampleRecords.audit));
  });
});

describe('records that are asked for again', () => {
  it('wait again, those of the span and of the streams of that upstream alone', () => {
    let wallMs = 1_800_000_000_000;
    const store = openStore({
      file,
      upstreams: [
        { name: 'platform', streams: new Set(['flow'] as const) },
        { name: 'transport', streams: new Set(['flow'] as const) },
      ],
      clock: { ...clock, now: () => ({ monoMs: 0, wallMs, quality: 'synced' }) },
    });
    for (let seq = 1; seq <= 100; seq += 1) {
      store.append([
        { ...exampleRecords.flow, id: `s/b/flow/${seq}`, seq },
        { ...exampleRecords.passage, id: `s/b/passage/${seq}`, seq },
      ]);
      wallMs += 60_000;
    }
    const waiting = () => store.outbox('platform').pending({ class: 3, after: 0, limit: 1000 });
    store.outbox('platform').acknowledge(waiting().map(({ position }) => position));
    const { generation } = store.outbox('platform');
    const others = store.outbox('transport').depth();
    const span = { fromMs: 1_800_000_000_000 + 20 * 60_000, toMs: 1_800_000_000_000 + 40 * 60_000 };
    let next: number | undefined;
    let queued = 0;
    for (;;) {
      const piece = {
        upstream: 'platform',
        ...span,
        limit: 30,
        ...(next === undefined ? {} : { after: next }),
      };
      const done = store.requeue(piece);
      queued += done.queued;
      if (done.next === null) break;
      next = done.next;
    }
    expect(queued).toBe(20);
    expect(waiting().map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, index) => `s/b/flow/${index + 21}`),
    );
    expect(store.outbox('platform').generation).not.toBe(generation);
    expect(store.outbox('transport').depth()).toBe(others);
    expect(store.requeue({ upstream: 'platform', ...span, limit: 1000 }).queued).toBe(0);
    store.close();
  });
});
