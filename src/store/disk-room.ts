import { closeSync, existsSync, fstatSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { RoadsideError } from '../base/errors.ts';
import { type Database, openDatabase } from './database.ts';

/**
 * What the store keeps of the disk for itself. On a full volume SQLite can neither delete a row, for want of room in
 * the write-ahead log, nor move the log into the file, for want of room there. So the log is written out to its full
 * length at the start, and a ballast of the same length is given up when another program has filled the disk.
 */
export interface DiskRoom {
  /**
   * Does the work; when it fails for want of room, gives up the ballast, moves the log into the file, keeps the file
   * from growing, so that what is deleted makes room for what comes, and does it once more.
   */
  bear<T>(work: () => T): T;
  /** Takes the room back once the disk has plenty. Cheap; call it often. */
  recover(): void;
}

export interface DiskRoomOptions {
  readonly file: string;
  /** Upper limit of the file in pages while the disk has room. */
  readonly maxPages?: number | undefined;
  /** False for those who only look: they need no reserve. */
  readonly reserves: boolean;
  readonly monoMs: () => number;
}

export function isFull(error: unknown): boolean {
  return error instanceof RoadsideError && error.code === 'store-full';
}

/** Length of the log and of the ballast: more than a log that is moved each 100 pages grows to. */
const RESERVED_BYTES = 1_048_576;
/** Free bytes of the disk from which on the file may grow again. */
const PLENTY_BYTES = 4 * RESERVED_BYTES;
const RECOVER_EVERY_MS = 5000;
/** SQLite's own limit. */
const MOST_PAGES = 4_294_967_294;

/**
 * Opens the store; on a disk that is full from the start the log gets the ballast's place.
 *
 * @throws RoadsideError as openDatabase
 */
export function openWithRoom(options: Pick<DiskRoomOptions, 'file' | 'maxPages'>): Database {
  const { file, maxPages } = options;
  const wish = maxPages === undefined ? { file } : { file, maxPages };
  try {
    return openDatabase(wish);
  } catch (error) {
    const ballast = ballastOf(file);
    if (!isFull(error) || !existsSync(ballast)) throw error;
    rmSync(ballast);
    return openDatabase(wish);
  }
}

function ballastOf(file: string): string {
  return `${file}-ballast`;
}

export function createDiskRoom(database: Database, options: DiskRoomOptions): DiskRoom {
  const { file, maxPages = MOST_PAGES, monoMs } = options;
  const ballast = ballastOf(file);
  /** The file is kept from growing. */
  let tight = false;
  let stuck = false;
  let triedAtMs = Number.NEGATIVE_INFINITY;

  const moveLog = (): boolean => {
    try {
      database.pragma('wal_checkpoint(RESTART)');
      return true;
    } catch {
      return false;
    }
  };
  const holdFile = (): void => {
    database.pragma(`max_page_count = ${Number(database.pragma('page_count', { simple: true }))}`);
  };
  const diskIsShort = (): boolean => {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < PLENTY_BYTES;
  };
  /** True when it is worth trying again. A file that has reached its own limit is another matter. */
  const retreat = (): boolean => {
    if (!options.reserves || (tight && !stuck) || !diskIsShort()) return false;
    tight = true;
    rmSync(ballast, { force: true });
    // Before the other program takes it.
    reserve(`${file}-wal`);
    holdFile();
    stuck = !moveLog();
    return !stuck;
  };
  const reserveAll = (): boolean => [`${file}-wal`, ballast].map(reserve).every(Boolean);
  // What it lacks at the opening it must not grow into: the log could not be moved into the file.
  if (options.reserves && !reserveAll()) {
    tight = true;
    holdFile();
  }

  return {
    bear(work) {
      try {
        return work();
      } catch (error) {
        if (!isFull(error) || !retreat()) throw error;
        return work();
      }
    },
    recover() {
      if (!tight || monoMs() - triedAtMs < RECOVER_EVERY_MS) return;
      triedAtMs = monoMs();
      if (diskIsShort() || !reserveAll()) return;
      database.pragma(`max_page_count = ${maxPages}`);
      tight = false;
    },
  };
}

/** Lengthens a file to the reserve with zeros, which a log ignores. False when the disk has no room for them. */
function reserve(file: string): boolean {
  const handle = openSync(file, existsSync(file) ? 'r+' : 'w');
  try {
    const { size } = fstatSync(handle);
    const missing = Buffer.alloc(Math.max(0, RESERVED_BYTES - size));
    return missing.length === 0 || writeSync(handle, missing, 0, missing.length, size) === missing.length;
  } catch {
    return false;
  } finally {
    closeSync(handle);
  }
}
