import type { Database } from './database.ts';

/** Totals since the store file was made. They change in the same transaction as the rows they count. */
export interface CounterValues {
  readonly stored: number;
  /** Of `stored`: put into the outbox. */
  readonly relayed: number;
  readonly acknowledged: number;
  /** Taken out of the outbox because the row on disk was no longer what was stored. */
  readonly damaged: number;
}

export interface Counters {
  read(): CounterValues;
  add(amounts: Partial<CounterValues>): void;
}

export function createCounters(database: Database): Counters {
  const select = database.prepare<[], CounterValues>(
    'SELECT stored, relayed, acknowledged, damaged FROM counters',
  );
  const update = database.prepare<CounterValues>(
    `UPDATE counters SET stored = stored + @stored, relayed = relayed + @relayed,
       acknowledged = acknowledged + @acknowledged, damaged = damaged + @damaged`,
  );
  return {
    read() {
      const row = select.get();
      if (row === undefined) throw new Error('the counters row is gone');
      return row;
    },
    add: (amounts) => void update.run({ stored: 0, relayed: 0, acknowledged: 0, damaged: 0, ...amounts }),
  };
}
