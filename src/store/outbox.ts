import type { GapReason, StreamName } from '../traffic/stored-record.ts';
import { certainIdOf, pendingChecksum, rowChecksum } from './checksums.ts';
import type { Database } from './database.ts';
import type { LedgerRow } from './ledger.ts';
import { unpackBody } from './packed-body.ts';
import { RELAY_CLASSES, type RelayClass } from './relay-class.ts';
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
   * Position of the newest record that was stored at another time than this; 0 when there is none. A stamp from the future
   * dates from before the clock was set back: nobody knows how old it is. It never goes back, and as long as such a record
   * waits it outlasts restarts: with a clock set back it would look new, and follow newer ones on the live topics.
   */
  backlogUpTo(live: { readonly fromMs: number; readonly toMs: number }): number;
  /** Forgets rows that the platform has acknowledged, in one transaction. Unknown positions are ignored. */
  acknowledge(positions: readonly number[]): void;
  /** Takes out a row that is too large for this upstream, and declares it missing. It stays in the ledger. */
  giveUp(row: Pick<OutboxRow, 'position' | 'id'>): void;
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

/** An array, because a backlog is read row by row and objects of so many columns cost half as much again. */
type ReadRow = readonly [
  ...[position: number, id: string, stream: StreamName, madeAtMs: number, packed: string],
  ...[crc: number, pendingCrc: number],
];

/** @param discard calls `takeOut`, for rows that will never be delivered, in a transaction that declares them */
export function createOutbox(
  database: Database,
  upstream: Upstream,
  discard: (reason: GapReason, ids: readonly string[], takeOut: () => void) => void,
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
  const forget = database.prepare<[number, number, number, number]>(
    'DELETE FROM pending WHERE upstream = ? AND class = ? AND position BETWEEN ? AND ?',
  );
  const count = database.prepare<[number], number>('SELECT count(*) FROM pending WHERE upstream = ?').pluck();
  // From `pending` outwards, so that a row whose record the disk has lost is seen, too.
  const select = database
    .prepare<[number, number, number, number, number], ReadRow>(
      `SELECT pending.position, id, stream, made_at_ms, body, ledger.crc, pending.crc
       FROM pending LEFT JOIN ledger ON ledger.position = pending.position
       WHERE upstream = ? AND class = ? AND pending.position > ? AND pending.position <= ?
       ORDER BY pending.position LIMIT ?`,
    )
    .raw();
  // A clock that was set back must not have the whole ledger read.
  const newest = database
    .prepare<[number, number, number], number>(
      `SELECT position FROM (SELECT position, made_at_ms FROM ledger ORDER BY position DESC LIMIT ?)
       WHERE made_at_ms < ? OR made_at_ms > ? ORDER BY position DESC LIMIT 1`,
    )
    .pluck();
  const lastWaiting = database
    .prepare<[number, number, number], number>(
      'SELECT max(position) FROM pending WHERE upstream = ? AND class = ? AND position <= ?',
    )
    .pluck();
  let backlogUpTo = upstream.backlogUpTo();
  let kept = backlogUpTo;
  /** Counted beside the file: a total on disk would cost each commit a page. */
  let depth = count.get(number) ?? 0;

  const remove = (positions: readonly number[]): number => {
    const before = depth;
    for (const { from, to } of runsOf(positions)) {
      let left = to - from + 1;
      for (const each of LIKELIEST_FIRST) {
        if (left === 0) break;
        const { changes } = forget.run(number, each, from, to);
        left -= changes;
        depth -= changes;
      }
    }
    return before - depth;
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
      const whole: OutboxRow[] = [];
      const broken: OutboxRow[] = [];
      for (const read of select.all(number, query.class, after, upTo, limit)) {
        const [position, id, stream, madeAtMs, packed, crc, pendingCrc] = read;
        const row = { position, id, stream, madeAtMs, body: packed };
        const isWhole =
          rowChecksum(row) === crc &&
          pendingChecksum({ position, upstream: number, class: query.class }) === pendingCrc;
        if (isWhole) whole.push({ ...row, body: unpackBody(packed) });
        else broken.push(row);
      }
      if (broken.length === 0) return whole;
      discard(
        'damaged',
        broken.map((row) => certainIdOf(row)),
        () => upstream.add({ damaged: remove(broken.map(({ position }) => position)) }),
      );
      return whole;
    },
    backlogUpTo({ fromMs, toMs }) {
      const upTo = newest.get(LIVE_ROWS, fromMs, toMs) ?? 0;
      if (upTo <= backlogUpTo) return backlogUpTo;
      // Most records are delivered by the time they are old: then there is nothing to keep, and no commit.
      const waiting = Math.max(...RELAY_CLASSES.map((each) => lastWaiting.get(number, each, upTo) ?? 0));
      if (waiting > kept) {
        upstream.keepBacklog(waiting);
        kept = waiting;
      }
      backlogUpTo = upTo;
      return upTo;
    },
    acknowledge(positions) {
      try {
        acknowledge(positions);
      } catch (error) {
        rewind();
        throw error;
      }
    },
    giveUp: ({ position, id }) =>
      discard('oversized', [id], () => upstream.add({ evicted: remove([position]) })),
    depth: () => depth,
  };
}

/** Consecutive positions together: one by one, a backlog costs more to forget than to read. */
function runsOf(positions: readonly number[]): readonly { readonly from: number; readonly to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (const position of positions.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && position <= last.to + 1) last.to = position;
    else runs.push({ from: position, to: position });
  }
  return runs;
}
