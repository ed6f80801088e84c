import { existsSync, renameSync } from 'node:fs';

/** What SQLite keeps beside a file in WAL mode; the log holds the newest commits. */
const COMPANIONS = ['-wal', '-shm'] as const;

/**
 * Sets a damaged store aside under a name that says when, with its log, so that a new one can take its place.
 * Nothing is deleted: a technician may want to look.
 *
 * @returns the new name of the file
 */
export function quarantine(file: string, wallMs: number): string {
  const stamp = new Date(wallMs).toISOString().replaceAll(/[:.]/g, '-');
  let setAside = `${file}.damaged-${stamp}`;
  for (let again = 2; existsSync(setAside); again += 1) setAside = `${file}.damaged-${stamp}-${again}`;
  // The log first: without it the file is merely older; with a foreign log the new file would be damaged.
  for (const companion of COMPANIONS) {
    if (existsSync(file + companion)) renameSync(file + companion, setAside + companion);
  }
  renameSync(file, setAside);
  return setAside;
}
