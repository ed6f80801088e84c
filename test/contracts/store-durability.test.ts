import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';

const WRITER = fileURLToPath(new URL('./store-writer.ts', import.meta.url));
/** What better-sqlite3 does when nobody asks for FULL: the control that proves the counting can fail. */
const CARELESS_WRITER = `
  const db = new (require('better-sqlite3'))(process.argv[1]);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE t (a)');
  for (let i = 0; i < Number(process.argv[2]); i += 1) db.exec("INSERT INTO t VALUES ('a')");
`;
const STRACE = ['/usr/bin/strace', '/bin/strace'].find((path) => existsSync(path));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-durability-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the writer, kills it once it has printed so many lines, and returns how many it had printed in all. */
async function runWriterUntilKilled(options: {
  file: string;
  boot: string;
  killAfterLines: number;
}): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [WRITER, options.file, options.boot, '1000000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.split('\n').length > options.killAfterLines) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return text.split('\n').length - 1;
}

describe('a gateway killed with SIGKILL', () => {
  it('has lost no record whose append had returned, and the next start needs no help', async () => {
    const file = join(folder, 'store.db');
    let promised = 0;
    for (const [run, killAfterLines] of [25, 60, 110].entries()) {
      promised += await runWriterUntilKilled({ file, boot: `boot-${run}`, killAfterLines });
    }
    const store = openStore({ file });
    const rows = store.readLedger({ limit: 1_000_000 });
    const totals = store.totals();
    store.close();
    // One commit per kill may be on disk without its line printed.
    expect(promised).toBeGreaterThan(190);
    expect(rows.length).toBeGreaterThanOrEqual(promised);
    expect(rows.length).toBeLessThanOrEqual(promised + 3);
    expect(totals).toMatchObject({ stored: rows.length, pending: rows.length, damaged: 0 });

    const raw = new BetterSqlite3(file);
    expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(raw.pragma('foreign_key_check')).toEqual([]);
    raw.close();
  });

  it.each([1, 2, 3])('leaves consecutive sequence numbers behind (round %i)', async (round) => {
    const file = join(folder, 'store.db');
    await runWriterUntilKilled({ file, boot: 'boot', killAfterLines: round * 7 });
    const store = openStore({ file });
    const ids = store.readLedger({ limit: 1_000_000 }).map((row) => row.id);
    store.close();
    expect(ids).toEqual(ids.map((_, index) => `renmin-lu-3/boot/passage/${index + 1}`));
  });
});

describe.skipIf(STRACE === undefined)(
  'a commit, counted with strace (skipped where strace is missing)',
  () => {
    const COMMITS = 100;

    function countSyncs(command: readonly string[]): number {
      const trace = join(folder, 'trace');
      const traced = spawnSync(
        STRACE ?? '',
        ['-f', '-e', 'trace=fsync,fdatasync', '-o', trace, process.execPath, ...command],
        { encoding: 'utf8' },
      );
      expect(traced.stderr).toBe('');
      return readFileSync(trace, 'utf8').match(/f(?:data)?sync\(\d+\)\s+= 0/g)?.length ?? 0;
    }

    it('is synced to the disk each time', () => {
      const syncs = countSyncs([WRITER, join(folder, 'full.db'), 'boot', String(COMMITS)]);
      expect(syncs).toBeGreaterThanOrEqual(COMMITS);
      expect(syncs).toBeLessThan(COMMITS * 2);
    });

    it('would mostly not be synced with the add-on’s own setting', () => {
      const syncs = countSyncs(['-e', CARELESS_WRITER, '--', join(folder, 'careless.db'), String(COMMITS)]);
      expect(syncs).toBeLessThan(COMMITS / 2);
    });
  },
);
