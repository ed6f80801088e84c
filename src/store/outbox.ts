import { certainIdOf, pendingChecksum, rowChecksum } from './checksums.ts';
import type { Database } from './database.ts';
import type { LedgerRow } from './ledger.ts';
import type { RelayClass } from './relay-class.ts';
import type { Upstream } from './upstreams.ts';

/** A record that waits for one upstream's acknowledgement. */
export type OutboxRow = LedgerRow;

export interface PendingQuery {
  readonly class: RelayClass;
  /** Rows behind this position; 0 for the oldest. */
  readonly after: number;
  /** Not beyond this position; to the newest when absent. */
  readonly upTo?: number;
  readonly limit: number;
}

/** Records that one upstream has not acknowledged yet. */
export interface Outbox {
  /**
   * The oldest rows of one class, in order of storing. A row whose checksum does not match is taken out of
   * the outbox and declared missing: what was not measured is never published.
   */
  pending(query: PendingQuery): readonly OutboxRow[];
  /**
   * Position of the newest record, waiting or not, that was stored at another time than this; 0 when there is none. A
   * stamp from the future dates from before the clock was set back: nobody knows how old it is.
   */
  lastOutside(live: { readonly fromMs: number; readonly toMs: number }): number;
  /** Forgets rows that the platform has acknowledged, in one transaction. Unknown positions are ignored. */
  acknowledge(positions: readonly number[]): void;
  /** How many rows wait. */
  depth(): number;
  /** Another one than before: rows have come in before some that were read already; read from the oldest again. */
  readonly generation: number;
}

/** The outbox and, for the store alone, the ways in and out. They are part of the caller's transaction. */
export interface WritableOutbox extends Omit<Outbox, 'generation'> {
  readonly upstream: Upstream;
  add(position: number, relayClass: RelayClass): void;
  has(position: number, relayClass: RelayClass): boolean;
  /** Positions of the oldest rows of one class. */
  oldest(relayClass: RelayClass, limit: number): readonly number[];
  /** Takes rows out that will never be delivered. Returns how many of them were waiting. */
  remove(positions: readonly number[]): number;
  /** The transaction failed: what is counted beside the file is counted anew. */
  rewind(): void;
}

/** More records than a site makes while they can be sent live. */
const LIVE_ROWS = 5000;

/** Where to look for a row of which only the position is known: most are flow or passages. */
const LIKELIEST_FIRST: readonly RelayClass[] = [3, 1, 4, 2];

interface ReadRow extends OutboxRow {
  readonly crc: number;
  readonly pendingCrc: number;
}

/** @param discard calls `takeOut`, for rows that the disk has altered or lost, in a transaction that declares them */
export function createOutbox(
  database: Database,
  upstream: Upstream,
  discard: (ids: readonly string[], takeOut: () => void) => void,
): WritableOutbox {
  const { number } = upstream;
  const insert = database.prepare<[number, number, number, number]>(
    'INSERT INTO pending (upstream, class, position, crc) VALUES (?, ?, ?, ?)',
  );
  const one = database.prepare<[number, number, number]>(
    'SELECT 1 FROM pending WHERE upstream = ? AND class = ? AND position = ?',
  );
  const oldest = database
    .prepare<[number, number, number], number>(
      'SELECT position FROM pending WHERE upstream = ? AND class = ? ORDER BY position LIMIT ?',
    )
    .pluck();
  const forget = database.prepare<[number, number, number]>(
    'DELETE FROM pending WHERE upstream = ? AND class = ? AND position = ?',
  );
  const count = database.prepare<[number], number>('SELECT count(*) FROM pending WHERE upstream = ?').pluck();
  // From `pending` outwards, so that a row whose record the disk has lost is seen, too.
  const select = database.prepare<
    [number, number, number, number, number],
    ReadRow | { position: number; id: null; body: null }
  >(
    `SELECT pending.position, id, stream, made_at_ms AS madeAtMs, body, ledger.crc, pending.crc AS pendingCrc
     FROM pending LEFT JOIN ledger ON ledger.position = pending.position
     WHERE upstream = ? AND class = ? AND pending.position > ? AND pending.position <= ?
     ORDER BY pending.position LIMIT ?`,
  );
  // A clock that was set back must not have the whole ledger read.
  const newest = database
    .prepare<[number, number, number], number>(
      `SELECT position FROM (SELECT position, made_at_ms FROM ledger ORDER BY position DESC LIMIT ?)
       WHERE made_at_ms < ? OR made_at_ms > ? ORDER BY position DESC LIMIT 1`,
    )
    .pluck();
  /** Counted beside the file: a total on disk would cost each commit a page. */
  let depth = count.get(number) ?? 0;

  const remove = (positions: readonly number[]): number => {
    const wasThere = (position: number): boolean =>
      LIKELIEST_FIRST.some((each) => forget.run(number, each, position).changes > 0);
    const removed = positions.filter(wasThere).length;
    depth -= removed;
    return removed;
  };
  const rewind = (): void => {
    depth = count.get(number) ?? 0;
  };
  const acknowledge = database.transaction((positions: readonly number[]) => {
    upstream.add({ acknowledged: remove(positions) });
  });

  return {
    upstream,
    remove,
    rewind,
    add(position, relayClass) {
      const crc = pendingChecksum({ position, upstream: number, class: relayClass });
      insert.run(number, relayClass, position, crc);
      depth += 1;
    },
    has: (position, relayClass) => one.get(number, relayClass, position) !== undefined,
    oldest: (relayClass, limit) => oldest.all(number, relayClass, limit),
    pending(query) {
      const { after, upTo = Number.MAX_SAFE_INTEGER, limit } = query;
      const rows = select.all(number, query.class, after, upTo, limit);
      const isWhole = (row: (typeof rows)[number]): row is ReadRow =>
        row.id !== null &&
        rowChecksum(row) === row.crc &&
        row.pendingCrc === pendingChecksum({ ...query, position: row.position, upstream: number });
      const whole = rows.filter(isWhole);
      if (whole.length === rows.length) return whole;
      const broken = rows.filter((row) => !isWhole(row));
      discard(
        broken.map((row) => certainIdOf(row)),
        () => upstream.add({ damaged: remove(broken.map(({ position }) => position)) }),
      );
      return whole;
    },
    lastOutside: ({ fromMs, toMs }) => newest.get(LIVE_ROWS, fromMs, toMs) ?? 0,
    acknowledge(positions) {
      try {
        acknowledge(positions);
      } catch (error) {
        rewind();
        throw error;
      }
    },
    depth: () => depth,
  };
}
