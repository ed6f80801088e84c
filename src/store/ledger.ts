import type { StreamName } from '../traffic/stored-record.ts';
import { rowChecksum } from './checksums.ts';
import type { Database } from './database.ts';

/** One stored record. `body` is the record's JSON text, byte for byte as it was stored. */
export interface LedgerRow {
  /** Order of storing; never reused. */
  readonly position: number;
  readonly id: string;
  readonly stream: StreamName;
  /** UTC ms: when the agent stored the record. */
  readonly madeAtMs: number;
  readonly body: string;
}

export interface LedgerQuery {
  /** Only this stream; every stream when absent. */
  readonly stream?: StreamName;
  /** Rows behind this position; from the oldest when absent. */
  readonly after?: number;
  readonly limit: number;
}

export interface NewestQuery {
  readonly stream: StreamName;
  readonly limit: number;
}

export interface PruneOptions {
  /** UTC ms: rows made before this may go. */
  readonly beforeMs: number;
  /** How many rows one call looks at, which bounds the time it takes. */
  readonly limit: number;
}

/** All records of the retention time. */
export interface Ledger {
  /** Position of the new row. A known id is a programming error: ids are never reused. */
  insert(row: Omit<LedgerRow, 'position'>): number;
  /** Puts a row back at its position. False when it is there already. */
  restore(row: LedgerRow): boolean;
  read(query: LedgerQuery): readonly LedgerRow[];
  /** The newest rows of a stream that the disk has not altered, newest first. */
  newest(query: NewestQuery): readonly LedgerRow[];
  /** Null when there is no row. */
  lastMadeAtMs(): number | null;
  /** Deletes old rows that are not in the outbox. Returns how many. */
  prune(options: PruneOptions): number;
}

export function createLedger(database: Database): Ledger {
  const insert = database.prepare<[string, string, number, string, number]>(
    'INSERT INTO ledger (id, stream, made_at_ms, body, crc) VALUES (?, ?, ?, ?, ?)',
  );
  const restore = database.prepare<[number, string, string, number, string, number]>(
    'INSERT OR IGNORE INTO ledger (position, id, stream, made_at_ms, body, crc) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const columns = 'position, id, stream, made_at_ms AS madeAtMs, body';
  const readAll = database.prepare<[number, number], LedgerRow>(
    `SELECT ${columns} FROM ledger WHERE position > ? ORDER BY position LIMIT ?`,
  );
  const readStream = database.prepare<[string, number, number], LedgerRow>(
    `SELECT ${columns} FROM ledger WHERE stream = ? AND position > ? ORDER BY position LIMIT ?`,
  );
  const readNewest = database.prepare<[string, number], LedgerRow & { readonly crc: number }>(
    `SELECT ${columns}, crc FROM ledger WHERE stream = ? ORDER BY position DESC LIMIT ?`,
  );
  const last = database.prepare<[], { madeAtMs: number }>(
    'SELECT made_at_ms AS madeAtMs FROM ledger ORDER BY position DESC LIMIT 1',
  );
  const scan = database.prepare<[number, number], { position: number; madeAtMs: number; pending: 0 | 1 }>(
    `SELECT position, made_at_ms AS madeAtMs,
       EXISTS (SELECT 1 FROM pending WHERE pending.position = ledger.position) AS pending
     FROM ledger WHERE position > ? ORDER BY position LIMIT ?`,
  );
  const remove = database.prepare<[number]>('DELETE FROM ledger WHERE position = ?');
  const removeAll = database.transaction((positions: readonly number[]) => {
    for (const position of positions) remove.run(position);
  });
  // A row that the platform keeps refusing must not shield the rows behind it: each call goes on where the
  // last one stopped, and starts over when it meets a row that is too young.
  let prunedUpTo = 0;

  return {
    insert: (row) =>
      Number(insert.run(row.id, row.stream, row.madeAtMs, row.body, rowChecksum(row)).lastInsertRowid),
    restore: (row) =>
      restore.run(row.position, row.id, row.stream, row.madeAtMs, row.body, rowChecksum(row)).changes === 1,
    read: ({ stream, after = 0, limit }) =>
      stream === undefined ? readAll.all(after, limit) : readStream.all(stream, after, limit),
    newest: ({ stream, limit }) =>
      readNewest
        .all(stream, limit)
        .filter(({ crc, ...row }) => rowChecksum(row) === crc)
        .map(({ crc: _, ...row }) => row),
    lastMadeAtMs: () => last.get()?.madeAtMs ?? null,
    prune({ beforeMs, limit }) {
      const seen = scan.all(prunedUpTo, limit);
      const old = seen.filter((row) => row.madeAtMs < beforeMs && row.pending === 0);
      removeAll(old.map((row) => row.position));
      const last = seen.at(-1);
      prunedUpTo = last === undefined || seen.length < limit || last.madeAtMs >= beforeMs ? 0 : last.position;
      return old.length;
    },
  };
}
