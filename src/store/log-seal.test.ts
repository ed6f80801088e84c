import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { createLogSeal } from './log-seal.ts';

let folder: string;
let database: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-seal-'));
  database = openDatabase({ file: join(folder, 'store.db') });
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** How many of so many commits leave a log that is moved into the file and still counts. */
function movedLogs(commits: number, afterEachCommit: () => void): number {
  const state = database.prepare<[], { log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)');
  const write = database.prepare<[number]>('UPDATE progress SET last_position = ?');
  let moved = 0;
  for (let commit = 1; commit <= commits; commit += 1) {
    write.run(commit);
    afterEachCommit();
    const { log, checkpointed } = state.get() ?? { log: 0, checkpointed: 0 };
    if (log > 0 && log === checkpointed) moved += 1;
  }
  return moved;
}

describe('the seal of the log', () => {
  it('leaves no log that counts and is moved already', () => {
    expect(movedLogs(350, createLogSeal(database))).toBe(0);
  });

  it('is needed: without it there are some (control)', () => {
    expect(movedLogs(350, () => undefined)).toBeGreaterThan(0);
  });
});
