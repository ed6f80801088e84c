import type { StreamName } from '../traffic/stored-record.ts';
import { rowChecksum } from './checksums.ts';
import type { Database } from './database.ts';
import { packBody, unpackBody } from './packed-body.ts';

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
  /** Position of the newest record ever stored. */
  readonly lastPosition: number;
  /** Records ever stored. */
  readonly stored: number;
  /** Position of the new row. */
  insert(row: Omit<LedgerRow, 'position'>): number;
  /** Puts a row back at its position. False when there is one already. */
  restore(row: LedgerRow): boolean;
  /** Changes a row, unless the disk has altered it. False when it has, or the row is gone. */
  rewrite(position: number, to: Pick<LedgerRow, 'madeAtMs' | 'body'>): boolean;
  /** The transaction that moved `lastPosition` failed: it is what it was. */
  rewind(lastPosition: number): void;
  /** New rows go behind this position, which no row has reached. */
  beginAfter(position: number): void;
  read(query: LedgerQuery): readonly LedgerRow[];
  has(position: number): boolean;
  /** The newest rows of a stream that the disk has not altered, newest first. */
  newest(query: NewestQuery): readonly LedgerRow[];
  /** Null when there is no row. */
  lastMadeAtMs(): number | null;
  /** Up to `limit` rows from behind a position on, without their text. */
  scan(after: number, limit: number): readonly ScannedRow[];
  /** Deletes rows, in the caller's transaction. */
  remove(positions: readonly number[]): void;
}

export type ScannedRow = Pick<LedgerRow, 'position' | 'stream' | 'madeAtMs'>;

type RowValues = [position: number, id: string, stream: string, madeAtMs: number, body: string, crc: number];

/** Streams with an index of their own, because looking for them one by one would read the whole ledger. */
const RARE: readonly StreamName[] = ['incident', 'fault', 'gap'];

export function createLedger(database: Database): Ledger {
  const into = 'INTO ledger (position, id, stream, made_at_ms, body, crc) VALUES (?, ?, ?, ?, ?, ?)';
  const insert = database.prepare<RowValues>(`INSERT ${into}`);
  const restore = database.prepare<RowValues>(`INSERT OR IGNORE ${into}`);
  const rewrite = database.prepare<[number, string, number, number]>(
    'UPDATE ledger SET made_at_ms = ?, body = ?, crc = ? WHERE position = ?',
  );
  const columns = 'position, id, stream, made_at_ms AS madeAtMs, body';
  const readAll = database.prepare<[number, number], LedgerRow>(
    `SELECT ${columns} FROM ledger WHERE position > ? ORDER BY position LIMIT ?`,
  );
  const readRare = new Map(
    RARE.map((stream) => [
      stream,
      database.prepare<[number, number], LedgerRow>(
        `SELECT ${columns} FROM ledger WHERE stream = '${stream}' AND position > ? ORDER BY position LIMIT ?`,
      ),
    ]),
  );
  const readCommon = database.prepare<[string, number, number], LedgerRow>(
    `SELECT ${columns} FROM ledger WHERE stream = ? AND position > ? ORDER BY position LIMIT ?`,
  );
  const readOne = database.prepare<[number], LedgerRow & { readonly crc: number }>(
    `SELECT ${columns}, crc FROM ledger WHERE position = ?`,
  );
  const readNewest = database.prepare<[string, number], LedgerRow & { readonly crc: number }>(
    `SELECT ${columns}, crc FROM ledger WHERE stream = ? ORDER BY position DESC LIMIT ?`,
  );
  const newest = database.prepare<[], { readonly position: number; readonly madeAtMs: number }>(
    'SELECT position, made_at_ms AS madeAtMs FROM ledger ORDER BY position DESC LIMIT 1',
  );
  const scan = database.prepare<[number, number], ScannedRow>(
    `SELECT position, stream, made_at_ms AS madeAtMs FROM ledger
     WHERE position > ? ORDER BY position LIMIT ?`,
  );
  const one = database.prepare<[number]>('SELECT 1 FROM ledger WHERE position = ?');
  const remove = database.prepare<[number]>('DELETE FROM ledger WHERE position = ?');
  const progress = database.prepare<[], { readonly lastPosition: number; readonly skipped: number }>(
    'SELECT last_position AS lastPosition, skipped FROM progress',
  );
  const keep = database.prepare<[number, number]>('UPDATE progress SET last_position = ?, skipped = ?');

  const valuesOf = (row: LedgerRow): RowValues => {
    const { position, id, stream, madeAtMs, body } = row;
    const packed = packBody(body);
    return [position, id, stream, madeAtMs, packed, rowChecksum({ ...row, body: packed })];
  };
  const unpacked = (row: LedgerRow): LedgerRow => ({ ...row, body: unpackBody(row.body) });
  const known = progress.get() ?? { lastPosition: 0, skipped: 0 };
  let lastPosition = Math.max(known.lastPosition, newest.get()?.position ?? 0);
  let { skipped } = known;

  return {
    get lastPosition() {
      return lastPosition;
    },
    get stored() {
      return lastPosition - skipped;
    },
    insert(row) {
      lastPosition += 1;
      insert.run(...valuesOf({ ...row, position: lastPosition }));
      return lastPosition;
    },
    restore(row) {
      if (restore.run(...valuesOf(row)).changes === 0) return false;
      skipped -= 1;
      keep.run(lastPosition, skipped);
      return true;
    },
    rewrite(position, { madeAtMs, body }) {
      const before = readOne.get(position);
      if (before === undefined || rowChecksum(before) !== before.crc) return false;
      const packed = packBody(body);
      rewrite.run(madeAtMs, packed, rowChecksum({ ...before, madeAtMs, body: packed }), position);
      return true;
    },
    rewind(position) {
      lastPosition = position;
      skipped = progress.get()?.skipped ?? 0;
    },
    beginAfter(position) {
      skipped += position - lastPosition;
      lastPosition = position;
      keep.run(lastPosition, skipped);
    },
    read({ stream, after = 0, limit }) {
      if (stream === undefined) return readAll.all(after, limit).map(unpacked);
      return (readRare.get(stream)?.all(after, limit) ?? readCommon.all(stream, after, limit)).map(unpacked);
    },
    has: (position) => one.get(position) !== undefined,
    newest: ({ stream, limit }) =>
      readNewest
        .all(stream, limit)
        .filter(({ crc, ...row }) => rowChecksum(row) === crc)
        .map(({ crc: _, ...row }) => unpacked(row)),
    lastMadeAtMs: () => newest.get()?.madeAtMs ?? null,
    scan: (after, limit) => scan.all(after, limit),
    remove(positions) {
      for (const position of positions) remove.run(position);
      // Whoever counts on from the newest row that is left would use positions twice.
      if (positions.includes(lastPosition)) keep.run(lastPosition, skipped);
    },
  };
}
