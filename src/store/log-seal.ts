import { type Database, touch } from './database.ts';

/**
 * Begins the write-ahead log anew once all of it has been moved into the file. Until then its old frames still count:
 * were one of them damaged, SQLite would lay older pages over newer ones, and rows would go from the middle of tables.
 *
 * @returns to be called after each commit; costs one small commit for each log that was moved
 */
export function createLogSeal(database: Database): () => void {
  // NOOP tells how far the log is moved and moves nothing (SQLite 3.51).
  const state = database.prepare<[], { readonly log: number; readonly checkpointed: number }>(
    'PRAGMA wal_checkpoint(NOOP)',
  );
  return () => {
    try {
      const { log = 0, checkpointed = 0 } = state.get() ?? {};
      if (log > 0 && log === checkpointed) touch(database);
    } catch {
      // There is no room for it now: the next commit does the same.
    }
  };
}
