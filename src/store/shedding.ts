import type { StreamName } from '../traffic/stored-record.ts';
import type { Database } from './database.ts';
import type { WritableOutbox } from './outbox.ts';
import { RELAY_CLASSES } from './relay-class.ts';

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

/**
 * Makes room, in the caller's transaction. First goes what every upstream has already; then, of what waits, the
 * lowest class, oldest first. Within the class of flow and passages the fine intervals go first, because the
 * coarser ones beside them hold the same vehicles.
 */
export interface Shedding {
  /** At most `limit` rows. */
  shed(limit: number, nowMs: number): Shed;
}

/** Fine intervals of the last day are kept as long as anything older can go. */
const FINE_KEPT_MS = 86_400_000;
/** Rows looked at for one that nobody waits for, in one call. */
const SCANNED_ROWS = 20_000;

interface FineQuery {
  readonly upstream: number;
  readonly after: number;
  readonly beforeMs: number;
  readonly coarsestS: number;
  readonly limit: number;
}

export interface SheddingOptions {
  readonly outboxes: readonly WritableOutbox[];
  /** Width of the coarsest flow intervals; 0 when there is nothing to thin into. */
  readonly coarsestFlowS: number;
}

export function createShedding(database: Database, options: SheddingOptions): Shedding {
  const { outboxes, coarsestFlowS } = options;
  const delivered = database.prepare<
    [number, number],
    { readonly position: number; readonly pending: 0 | 1 }
  >(
    `SELECT position, EXISTS (SELECT 1 FROM pending WHERE pending.position = ledger.position) AS pending
     FROM ledger WHERE position > ? ORDER BY position LIMIT ?`,
  );
  const oldest = database.prepare<[number, number, number], { readonly position: number }>(
    'SELECT position FROM pending WHERE upstream = ? AND class = ? ORDER BY position LIMIT ?',
  );
  const fine = database.prepare<FineQuery, { readonly position: number }>(
    `SELECT pending.position FROM pending JOIN ledger USING (position)
     WHERE upstream = @upstream AND class = 3 AND pending.position > @after AND stream = 'flow'
       AND made_at_ms < @beforeMs AND json_extract(body, '$.widthS') < @coarsestS
     ORDER BY pending.position LIMIT @limit`,
  );
  const read = database.prepare<[number], EvictedRow>(
    'SELECT position, id, stream, body FROM ledger WHERE position = ?',
  );
  const waiting = database.prepare<[number], { readonly upstream: number }>(
    'SELECT upstream FROM pending WHERE position = ?',
  );
  const remove = database.prepare<[number]>('DELETE FROM ledger WHERE position = ?');
  /** Everything up to here waits for somebody, or is gone. */
  let scannedUpTo = 0;
  /** By upstream: everything up to here is no fine interval any more. */
  const thinnedUpTo = new Map<number, number>();

  const removeDelivered = (limit: number): number => {
    const seen = delivered.all(scannedUpTo, SCANNED_ROWS);
    const free = seen.filter(({ pending }) => pending === 0).slice(0, limit);
    for (const { position } of free) remove.run(position);
    const reached = free.length === limit ? free.at(-1) : seen.at(-1);
    // At the end it begins anew: what waited then may have been acknowledged since.
    scannedUpTo = seen.length < SCANNED_ROWS && free.length < limit ? 0 : (reached?.position ?? 0);
    return free.length;
  };
  /** The oldest of several sorted lists together. */
  const firstOf = (
    lists: readonly (readonly { readonly position: number }[])[],
    limit: number,
  ): readonly number[] =>
    [...new Set(lists.flat().map(({ position }) => position))].sort((a, b) => a - b).slice(0, limit);
  const finePositions = (limit: number, nowMs: number): readonly number[] => {
    const old = { beforeMs: nowMs - FINE_KEPT_MS, coarsestS: coarsestFlowS, limit };
    const positions = firstOf(
      outboxes.map(({ upstream: { number: upstream } }) =>
        fine.all({ ...old, upstream, after: thinnedUpTo.get(upstream) ?? 0 }),
      ),
      limit,
    );
    for (const { upstream } of outboxes) {
      thinnedUpTo.set(
        upstream.number,
        Math.max(thinnedUpTo.get(upstream.number) ?? 0, positions.at(-1) ?? 0),
      );
    }
    return positions;
  };
  const nextToEvict = (limit: number, nowMs: number): readonly number[] => {
    for (const each of RELAY_CLASSES.toReversed()) {
      const thinned = each === 3 ? finePositions(limit, nowMs) : [];
      if (thinned.length > 0) return thinned;
      const rows = firstOf(
        outboxes.map(({ upstream }) => oldest.all(upstream.number, each, limit)),
        limit,
      );
      if (rows.length > 0) return rows;
    }
    return [];
  };
  const evict = (positions: readonly number[]): readonly Eviction[] => {
    const byUpstream = new Map<number, EvictedRow[]>();
    for (const position of positions) {
      const row = read.get(position) ?? { position, id: '', stream: 'hires', body: '' };
      for (const { upstream } of waiting.all(position)) {
        const rows = byUpstream.get(upstream) ?? [];
        rows.push(row);
        byUpstream.set(upstream, rows);
      }
      remove.run(position);
    }
    return outboxes.flatMap((outbox) => {
      const rows = byUpstream.get(outbox.upstream.number) ?? [];
      if (rows.length === 0) return [];
      outbox.upstream.add({ evicted: outbox.remove(rows.map(({ position }) => position)) });
      return [{ outbox, rows }];
    });
  };

  return {
    shed(limit, nowMs) {
      const gone = removeDelivered(limit);
      return { delivered: gone, evictions: gone > 0 ? [] : evict(nextToEvict(limit, nowMs)) };
    },
  };
}
