import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Mark } from './mark.ts';

/** What SQLite keeps beside a file in WAL mode; the log holds the newest commits. */
const COMPANIONS = ['-wal', '-shm'] as const;
const NOTE = '.unsaved';

/** A damaged file that was set aside, until all that can be read of it is taken over. */
export interface SetAside {
  /** Where it lies now. Nobody deletes it but a technician. */
  readonly path: string;
  /** What was wrong with it. */
  readonly problem: string;
  /** How far it had come; null when nobody knows. */
  readonly mark: Mark | null;
}

/**
 * Sets a damaged store aside under a name that says when, with its log, so that a new one can take its place.
 * Nothing is deleted: a technician may want to look. A note beside it lets the next start go on saving.
 */
export function quarantine(
  file: string,
  {
    wallMs,
    problem,
    mark,
  }: { readonly wallMs: number; readonly problem: string; readonly mark: Mark | null },
): SetAside {
  const stamp = new Date(wallMs).toISOString().replaceAll(/[:.]/g, '-');
  let path = `${file}.damaged-${stamp}`;
  for (let again = 2; existsSync(path); again += 1) path = `${file}.damaged-${stamp}-${again}`;
  const setAside = { path, problem, mark: isMarkOf(file, mark) ? mark : null };
  try {
    writeFileSync(path + NOTE, JSON.stringify(setAside), { flush: true });
  } catch {
    // On a full disk it goes without: what this run cannot save is then not looked for again.
  }
  // The log first: without it the file is merely older; with a foreign log the new file would be damaged.
  for (const companion of COMPANIONS) {
    if (existsSync(file + companion)) renameSync(file + companion, path + companion);
  }
  renameSync(file, path);
  return setAside;
}

/** Files that an earlier run set aside and did not save to the end, oldest first. */
export function unsavedOf(file: string): readonly SetAside[] {
  const folder = dirname(file);
  const notes = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(file)}.damaged-`) && name.endsWith(NOTE))
    .sort()
    .map((name) => join(folder, name));
  return notes.flatMap((note) => {
    const path = note.slice(0, -NOTE.length);
    if (existsSync(path)) return [{ ...readNote(note), path }];
    // The power went before the file had its new name: it is still in its place.
    rmSync(note);
    return [];
  });
}

/** All is saved. */
export function forgetUnsaved({ path }: SetAside): void {
  rmSync(path + NOTE, { force: true });
}

function readNote(note: string): SetAside {
  try {
    return JSON.parse(readFileSync(note, 'utf8'));
  } catch {
    return { path: '', problem: 'it was set aside by an earlier run', mark: null };
  }
}

const HEADER_BYTES = 72;
const MAGIC = 'SQLite format 3\0';
const ID_AT = 68;

/** A file whose beginning still tells another id is another store (SQLite database file format, 1.3). */
function isMarkOf(file: string, mark: Mark | null): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(handle);
  }
  const id = header.readInt32BE(ID_AT);
  return id === 0 || id === mark?.store || header.toString('latin1', 0, MAGIC.length) !== MAGIC;
}
