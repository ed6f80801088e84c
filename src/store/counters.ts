import type { Database } from './database.ts';

/** How many records the store has taken since its file was made. */
export interface Counters {
  stored(): number;
  addStored(records: number): void;
}

export function createCounters(database: Database): Counters {
  const select = database.prepare<[], { readonly stored: number }>('SELECT stored FROM counters');
  const update = database.prepare<[number]>('UPDATE counters SET stored = stored + ?');
  return {
    stored() {
      const row = select.get();
      if (row === undefined) throw new Error('the counters row is gone');
      return row.stored;
    },
    addStored: (records) => void update.run(records),
  };
}
