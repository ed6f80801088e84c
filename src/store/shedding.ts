import type { StreamName } from '../traffic/stored-record.ts';
import { rowChecksum } from './checksums.ts';
import type { Database } from './database.ts';
import { isFull } from './disk-room.ts';
import type { Ledger, LedgerRow, PruneOptions } from './ledger.ts';
import type { WritableOutbox } from './outbox.ts';
import { unpackBody } from './packed-body.ts';
import { RELAY_CLASSES, type RelayClass, relayClassOf } from './relay-class.ts';

/** Rows that went, for one upstream that was still waiting for them. */
export interface Eviction {
  readonly outbox: WritableOutbox;
  readonly rows: readonly EvictedRow[];
}

export interface EvictedRow {
  readonly position: number;
  readonly id: string;
  readonly stream: StreamName;
  readonly body: string;
}

/** What one call removed. */
export interface Shed {
  /** Rows that no upstream was waiting for, or not any more. */
  readonly delivered: number;
  readonly evictions: readonly Eviction[];
}

/** Removes rows of the ledger, in the caller's transaction. */
export interface Shedding {
  /** Deletes rows that nobody waits for and that are older than asked for. Returns how many. */
  prune(options: PruneOptions): number;
  /**
   * Makes room: at most `limit` rows. First goes what every upstream has already; then, of what waits, the lowest
   * class, oldest first. Within the class of flow and passages the fine intervals go first, because the coarser
   * ones beside them hold the same vehicles.
   */
  shed(limit: number, nowMs: number): Shed;
}

export interface SheddingOptions {
  readonly ledger: Ledger;
  readonly outboxes: readonly WritableOutbox[];
  /** Width of the coarsest flow intervals; 0 when there is nothing to thin into. */
  readonly coarsestFlowS: number;
}

/** Rows that give way at a time: some ten pages, room for a minute or more. */
const SHED_ROWS = 100;
const MOST_SHED_ROWS = 6400;

/**
 * Rows that lie apart free no page for the record that declares them: then the same is tried with more of them.
 *
 * @param shed a transaction; it throws when there is no room for what it declares
 */
export function shedEnough(shed: (rows: number) => boolean): boolean {
  for (let rows = SHED_ROWS; ; rows *= 2) {
    try {
      return shed(rows);
    } catch (error) {
      if (!isFull(error) || rows >= MOST_SHED_ROWS) throw error;
    }
  }
}

/** Fine intervals of the last day are kept as long as anything older can go. */
const FINE_KEPT_MS = 86_400_000;
/** Rows looked at for some that nobody waits for, in one call. */
const SCANNED_ROWS = 5000;
const FLOW_CLASS = relayClassOf('flow');

interface FineQuery {
  readonly upstream: number;
  readonly class: RelayClass;
  readonly after: number;
  readonly beforeMs: number;
  readonly coarsestS: number;
  readonly limit: number;
}

export function createShedding(database: Database, options: SheddingOptions): Shedding {
  const { ledger, outboxes, coarsestFlowS } = options;
  database.function('width_s', { deterministic: true }, (body) => widthIn(unpackBody(String(body))));
  const fine = database
    .prepare<FineQuery, number>(
      `SELECT pending.position FROM pending JOIN ledger USING (position)
       WHERE upstream = @upstream AND class = @class AND pending.position > @after AND stream = 'flow'
         AND made_at_ms < @beforeMs AND width_s(body) < @coarsestS
       ORDER BY pending.position LIMIT @limit`,
    )
    .pluck();
  const read = database.prepare<[number], LedgerRow & { readonly crc: number }>(
    'SELECT position, id, stream, made_at_ms AS madeAtMs, body, crc FROM ledger WHERE position = ?',
  );
  // A row that the platform keeps refusing must not shield the rows behind it: each call goes on where the last one
  // stopped, and starts over at the end, or when it meets a row that is too young.
  let prunedUpTo = 0;
  let scannedUpTo = 0;
  /** By upstream: everything up to here is no fine interval any more. */
  const thinnedUpTo = new Map<number, number>();

  const isFree = ({
    position,
    stream,
  }: {
    readonly position: number;
    readonly stream: StreamName;
  }): boolean => !outboxes.some((outbox) => outbox.has(position, relayClassOf(stream)));

  const removeDelivered = (limit: number): number => {
    const seen = ledger.scan(scannedUpTo, SCANNED_ROWS);
    const free = seen.filter(isFree).slice(0, limit);
    ledger.remove(free.map(({ position }) => position));
    const reached = free.length === limit ? free.at(-1) : seen.at(-1);
    const atEnd = seen.length < SCANNED_ROWS && free.length < limit;
    scannedUpTo = atEnd ? 0 : (reached?.position ?? 0);
    return free.length;
  };
  /** The first of several sorted lists together. */
  const firstOf = (lists: readonly (readonly number[])[], limit: number): readonly number[] =>
    [...new Set(lists.flat())].sort((a, b) => a - b).slice(0, limit);
  const finePositions = (limit: number, nowMs: number): readonly number[] => {
    const old = { class: FLOW_CLASS, beforeMs: nowMs - FINE_KEPT_MS, coarsestS: coarsestFlowS, limit };
    const positions = firstOf(
      outboxes.map(({ upstream: { number: upstream } }) =>
        fine.all({ ...old, upstream, after: thinnedUpTo.get(upstream) ?? 0 }),
      ),
      limit,
    );
    for (const { upstream } of outboxes) {
      thinnedUpTo.set(
        upstream.number,
        // Not behind the last: the transaction may fail yet.
        Math.max(thinnedUpTo.get(upstream.number) ?? 0, (positions[0] ?? 1) - 1),
      );
    }
    return positions;
  };
  const nextToEvict = (limit: number, nowMs: number): readonly number[] => {
    const rows: number[] = [];
    for (const each of RELAY_CLASSES.toReversed()) {
      const left = limit - rows.length;
      if (left === 0) break;
      const thinned = each === FLOW_CLASS ? finePositions(left, nowMs) : [];
      if (thinned.length > 0) return [...rows, ...thinned];
      const oldest = outboxes.map((outbox) => outbox.oldest(each, left));
      rows.push(...firstOf(oldest, left));
    }
    return rows;
  };
  const evict = (positions: readonly number[]): readonly Eviction[] => {
    const rows = positions.map((position): EvictedRow => {
      const row = read.get(position);
      const isWhole = row !== undefined && rowChecksum(row) === row.crc;
      return isWhole
        ? { ...row, body: unpackBody(row.body) }
        : { position, id: '', stream: 'hires', body: '' };
    });
    const evictions = outboxes.flatMap((outbox) => {
      const waiting = rows.filter(({ position, id, stream }) =>
        id === '' ? true : outbox.has(position, relayClassOf(stream)),
      );
      if (waiting.length === 0) return [];
      outbox.upstream.add({ evicted: outbox.remove(waiting.map(({ position }) => position)) });
      return [{ outbox, rows: waiting }];
    });
    ledger.remove(positions);
    return evictions;
  };

  return {
    prune({ beforeMs, limit }) {
      const seen = ledger.scan(prunedUpTo, limit);
      const old = seen.filter((row) => row.madeAtMs < beforeMs && isFree(row));
      ledger.remove(old.map(({ position }) => position));
      const last = seen.at(-1);
      prunedUpTo = last === undefined || seen.length < limit || last.madeAtMs >= beforeMs ? 0 : last.position;
      return old.length;
    },
    shed(limit, nowMs) {
      const gone = removeDelivered(limit);
      return { delivered: gone, evictions: gone > 0 ? [] : evict(nextToEvict(limit, nowMs)) };
    },
  };
}

/** Null for a text that the disk has altered. */
function widthIn(body: string): number | null {
  const [, widthS] = /"widthS":(\d+)/.exec(body) ?? [];
  return widthS === undefined ? null : Number(widthS);
}
