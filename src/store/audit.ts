import type { Clock } from '../base/clock.ts';
import { recordId } from '../base/ids.ts';
import type { AuditFact, AuditRecord } from '../traffic/stored-record.ts';
import { type AuditEnds, type AuditRow, auditHash, CHAIN_START, hashIn } from './audit-chain.ts';
import type { Database } from './database.ts';
import type { Origin } from './gap-records.ts';
import type { Numbering } from './numbering.ts';

/** What was done to the agent, in a chain of its own beside the ledger: it outlives the ledger's retention time. */
export interface Audit {
  /** Up to `limit` entries behind a number, as they are stored. */
  read(after: number, limit: number): readonly AuditRow[];
  ends(): AuditEnds;
}

/** For the store alone. `append` is part of the caller's transaction. */
export interface WritableAudit extends Audit {
  append(fact: AuditFact): AuditRecord;
  /** Entries up to this one were lost: the chain goes on behind it, and the hole is seen. */
  goOnBehind(last: { readonly number: number; readonly hash: string }): void;
  /** Takes over what could be read of a damaged file. What is missing there stays missing, and is seen. */
  restore(rows: readonly AuditRow[], ends: AuditEnds | null): void;
}

const NO_ENDS: AuditEnds = { beforeNumber: 0, beforeHash: CHAIN_START, lastNumber: 0, lastHash: CHAIN_START };
/** At the most that commands and refusals can add, this is a week; in service, years. */
const ENTRIES_KEPT = 50_000;

export function createAuditReader(database: Database): Audit {
  const read = database.prepare<[number, number], AuditRow>(
    'SELECT number, body FROM audit WHERE number > ? ORDER BY number LIMIT ?',
  );
  const ends = database.prepare<[], AuditEnds>(
    `SELECT before_number AS beforeNumber, before_hash AS beforeHash, last_number AS lastNumber,
       last_hash AS lastHash FROM audit_ends`,
  );
  return {
    read: (after, limit) => read.all(after, limit),
    ends: () => ends.get() ?? NO_ENDS,
  };
}

/** @param numbering of the records of this boot, whichever files they are stored in */
export function createAudit(
  database: Database,
  {
    origin,
    clock,
    numbering,
  }: { readonly origin: Origin; readonly clock: Clock; readonly numbering: Numbering },
): WritableAudit {
  const reader = createAuditReader(database);
  const insert = database.prepare<[number, string]>('INSERT INTO audit (number, body) VALUES (?, ?)');
  const restore = database.prepare<[number, string]>(
    'INSERT OR IGNORE INTO audit (number, body) VALUES (?, ?)',
  );
  const newest = database.prepare<[], number | null>('SELECT max(number) FROM audit').pluck();
  const one = database.prepare<[number], string>('SELECT body FROM audit WHERE number = ?').pluck();
  const remove = database.prepare<[number]>('DELETE FROM audit WHERE number <= ?');
  const setEnds = database.prepare<AuditEnds>(
    `UPDATE audit_ends SET before_number = @beforeNumber, before_hash = @beforeHash,
       last_number = @lastNumber, last_hash = @lastHash`,
  );
  const hashOf = (number: number): string | null => {
    const hash = hashIn(one.get(number) ?? '');
    return hash === '' ? null : hash;
  };
  /** Lets the oldest go; the chain begins behind them then. */
  const trimmed = (after: AuditEnds): AuditEnds => {
    const beforeNumber = after.lastNumber - ENTRIES_KEPT;
    const beforeHash = beforeNumber > after.beforeNumber ? hashOf(beforeNumber) : null;
    if (beforeHash === null) return after;
    remove.run(beforeNumber);
    return { ...after, beforeNumber, beforeHash };
  };

  return {
    ...reader,
    append(fact) {
      const seq = numbering.next();
      const { wallMs, quality } = clock.now();
      const { lastNumber, lastHash, ...before } = reader.ends();
      const entry = {
        ...fact,
        stream: 'audit',
        id: recordId({ ...origin, stream: 'audit', seq }),
        ...origin,
        seq,
        observedAtMs: Math.max(0, Math.round(wallMs)),
        clock: quality,
        // Where the disk has altered the end, the chain goes on behind what is there, and the break is seen.
        number: Math.max(lastNumber, newest.get() ?? 0) + 1,
        previousHash: lastHash,
      } as const;
      const record: AuditRecord = { ...entry, hash: auditHash(entry) };
      insert.run(record.number, JSON.stringify(record));
      setEnds.run(trimmed({ ...before, lastNumber: record.number, lastHash: record.hash }));
      return record;
    },
    goOnBehind({ number, hash }) {
      const ends = reader.ends();
      if (number > ends.lastNumber) setEnds.run({ ...ends, lastNumber: number, lastHash: hash });
    },
    restore(rows, saved) {
      for (const { number, body } of rows) restore.run(number, body);
      if (saved !== null) setEnds.run(saved);
    },
  };
}
