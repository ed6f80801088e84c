import type { StreamName } from '../traffic/record.ts';
import { createCounters } from './counters.ts';
import type { Database } from './database.ts';
import { type LedgerRow, rowChecksum } from './ledger.ts';

/** How urgent a record is when a backlog drains: 1 before 2 before 3. */
export type RelayClass = 1 | 2 | 3;

/** Most urgent first. */
export const RELAY_CLASSES: readonly RelayClass[] = [1, 2, 3];

const CLASS_OF_STREAM: Readonly<Record<StreamName, RelayClass>> = {
  incident: 1,
  fault: 1,
  flow: 2,
  passage: 3,
  hires: 3,
};

export function relayClassOf(stream: StreamName): RelayClass {
  return CLASS_OF_STREAM[stream];
}

/** A record that waits for the platform's acknowledgement. */
export type OutboxRow = LedgerRow;

export interface PendingQuery {
  readonly class: RelayClass;
  /** Rows behind this position; 0 for the oldest. */
  readonly after: number;
  readonly limit: number;
}

/** Records not yet acknowledged by the platform. */
export interface Outbox {
  /**
   * The oldest rows of one class, in order of storing. A row whose checksum does not match is taken out of
   * the outbox and counted as damaged: what was not measured is never published.
   */
  pending(query: PendingQuery): readonly OutboxRow[];
  /** Forgets rows that the platform has acknowledged, in one transaction. Unknown positions are ignored. */
  acknowledge(positions: readonly number[]): void;
  /** How many rows wait. */
  depth(): number;
}

/** The outbox and, for the store alone, the way in. */
export interface WritableOutbox extends Outbox {
  add(position: number, stream: StreamName): void;
}

export function createOutbox(database: Database): WritableOutbox {
  const counters = createCounters(database);
  const insert = database.prepare<[number, number]>('INSERT INTO outbox (position, class) VALUES (?, ?)');
  const remove = database.prepare<[number]>('DELETE FROM outbox WHERE position = ?');
  const select = database.prepare<[number, number, number], OutboxRow & { crc: number }>(
    `SELECT position, id, stream, made_at_ms AS madeAtMs, body, crc
     FROM outbox JOIN ledger USING (position)
     WHERE class = ? AND position > ? ORDER BY position LIMIT ?`,
  );
  const removeAll = (positions: readonly number[]): number =>
    positions.reduce((removed, position) => removed + remove.run(position).changes, 0);
  const acknowledge = database.transaction((positions: readonly number[]) => {
    counters.add({ acknowledged: removeAll(positions) });
  });
  const discard = database.transaction((positions: readonly number[]) => {
    counters.add({ damaged: removeAll(positions) });
  });

  return {
    add: (position, stream) => void insert.run(position, relayClassOf(stream)),
    pending(query) {
      const rows = select.all(query.class, query.after, query.limit);
      const damaged = rows.filter((row) => rowChecksum(row) !== row.crc);
      if (damaged.length === 0) return rows;
      discard(damaged.map((row) => row.position));
      return rows.filter((row) => !damaged.includes(row));
    },
    acknowledge,
    depth() {
      const { relayed, acknowledged, damaged } = counters.read();
      return relayed - acknowledged - damaged;
    },
  };
}
