import BetterSqlite3 from 'better-sqlite3';
import { messageOf, RoadsideError } from '../base/errors.ts';
import { inspect, refuseEmptied } from './inspection.ts';
import { migrate, STORE_VERSION } from './migrations/migrate.ts';

/** The one connection to the store file. Only this file knows the add-on behind it. */
export type Database = BetterSqlite3.Database;

/** How long a start waits for the previous process to let go of the file. */
const LOCK_WAIT_MS = 2000;
/**
 * Pages in the write-ahead log before they are moved into the file. It is small because on a full volume
 * neither DELETE nor a checkpoint works until there is room for the whole log.
 */
const WAL_PAGES = 100;
/** The log file is cut back to this after a checkpoint. */
const WAL_BYTES_KEPT = 1_048_576;
/** What `PRAGMA synchronous` answers for FULL. */
const SYNCHRONOUS_FULL = 2;

export interface DatabaseOptions {
  readonly file: string;
  /** Upper limit of the file in pages of 4096 bytes; appends beyond it are refused as `store-full`. */
  readonly maxPages?: number;
}

/**
 * Opens the store file for this process alone, brings it to the program's version and proves that a commit
 * is on the disk when it returns.
 *
 * The lock is SQLite's own EXCLUSIVE mode: the kernel drops it with the process, however that dies, and no
 * second connection can exist, so SQLite's WAL-reset race (3.7.0 to 3.51.2, as in Debian 12's sqlite3
 * command) cannot damage the live file.
 *
 * @throws RoadsideError store-locked, store-newer, store-corrupt, store-not-durable, store-unavailable
 */
export function openDatabase(options: DatabaseOptions): Database {
  let database: Database | undefined;
  try {
    refuseEmptied(options.file);
    database = new BetterSqlite3(options.file, { timeout: LOCK_WAIT_MS });
    configure(database, options);
    inspect(database, options);
    migrate(database);
    // better-sqlite3 is compiled to drop from FULL to NORMAL at the first write in WAL mode, and says so
    // only afterwards: so write first, then ask.
    touch(database);
    assertDurable(database);
    return database;
  } catch (error) {
    database?.close();
    throw storeErrorFrom(error, options.file);
  }
}

/** Commits a page that stays what it is. An UPDATE will not do: SQLite leaves a write out that changes no byte. */
export function touch(database: Database): void {
  database.pragma(`user_version = ${STORE_VERSION}`);
}

/** Opens a file that was set aside, to read what can be read. Throws when it is no database at all. */
export function openDamaged(file: string): Database {
  const database = new BetterSqlite3(file, { timeout: LOCK_WAIT_MS });
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('query_only = ON');
  database.pragma('cell_size_check = ON');
  return database;
}

function configure(database: Database, options: DatabaseOptions): void {
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma(`wal_autocheckpoint = ${WAL_PAGES}`);
  database.pragma(`journal_size_limit = ${WAL_BYTES_KEPT}`);
  if (options.maxPages !== undefined) database.pragma(`max_page_count = ${options.maxPages}`);
}

/** Refuses a connection whose commits may be lost in a power cut. Ask after the first write. */
export function assertDurable(database: Database): void {
  const journal = database.pragma('journal_mode', { simple: true });
  const synchronous = database.pragma('synchronous', { simple: true });
  if (journal === 'wal' && synchronous === SYNCHRONOUS_FULL) return;
  throw new RoadsideError(
    'store-not-durable',
    `the store would lose records in a power cut: journal_mode ${journal}, synchronous ${synchronous}`,
    { hint: 'Put the store on a local disk (ext4 or xfs), not on a network drive or in memory.' },
  );
}

/** What SQLite refused, in the program's words. Anything that is not SQLite's own refusal passes unchanged. */
export function storeErrorFrom(error: unknown, file: string): unknown {
  if (error instanceof RoadsideError) return error;
  const code = error instanceof BetterSqlite3.SqliteError ? error.code : '';
  const refuse = (as: 'store-locked' | 'store-full' | 'store-corrupt', what: string, hint: string) =>
    new RoadsideError(as, `${what}: ${file} (${messageOf(error)})`, { hint, cause: error });
  if (code.startsWith('SQLITE_BUSY')) {
    return refuse(
      'store-locked',
      'another program has the store open',
      'Only one gateway may use a store: find the other one with "systemctl status roadside" and stop it.',
    );
  }
  if (code === 'SQLITE_FULL') {
    return refuse(
      'store-full',
      'the store has no room left',
      'Restore the connection to the platform so that the backlog drains, or give the store more room.',
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return refuse(
      'store-corrupt',
      'the store file is damaged',
      'Stop the gateway, keep the file under another name for examination, and start again with a new one.',
    );
  }
  if (code.startsWith('SQLITE_') && !code.startsWith('SQLITE_CONSTRAINT')) return unavailable(error, file);
  // A missing folder is refused by the add-on itself, before SQLite is asked.
  return error instanceof TypeError ? unavailable(error, file) : error;
}

function unavailable(error: unknown, file: string): RoadsideError {
  return new RoadsideError('store-unavailable', `cannot use the store ${file}: ${messageOf(error)}`, {
    hint: 'Check that the folder exists, that the disk is mounted writable and that roadside may write there.',
    cause: error,
  });
}
