import { existsSync, statSync } from 'node:fs';
import { RoadsideError } from '../base/errors.ts';
import type { Database } from './database.ts';

/** A file up to this size is read through at the start; on flash that is some seconds. */
const READ_THROUGH_BYTES = 128 * 1024 * 1024;
/** Tables without which nothing is delivered. They are small, unless there is a long backlog. */
const ALWAYS_CHECKED = ['pending', 'upstreams', 'progress', 'open_faults'] as const;

/**
 * Looks for damage of the file's structure before anybody relies on it. Altered contents of rows are found by
 * their checksums when they are read.
 *
 * @throws RoadsideError store-corrupt
 */
export function inspect(database: Database, { file }: { readonly file: string }): void {
  // An empty file is not made yet.
  if (Number(database.pragma('user_version', { simple: true })) === 0) return;
  const small = statSync(file).size <= READ_THROUGH_BYTES;
  const answers = small
    ? check(database, 'integrity_check')
    : ALWAYS_CHECKED.flatMap((table) => check(database, `integrity_check('${table}')`));
  const problem = answers.find((answer) => answer !== 'ok');
  if (problem !== undefined) throw damaged(file, problem.slice(0, 200));
}

/**
 * An empty file beside a log that is not: SQLite would take it for a new one, and delete the log. Ask before opening.
 *
 * @throws RoadsideError store-corrupt
 */
export function refuseEmptied(file: string): void {
  const log = `${file}-wal`;
  if (!existsSync(file) || !existsSync(log)) return;
  if (statSync(file).size === 0 && statSync(log).size > 0)
    throw damaged(file, 'it is empty, and its log is not');
}

function damaged(file: string, problem: string): RoadsideError {
  return new RoadsideError('store-corrupt', `the store file is damaged: ${file} (${problem})`, {
    hint: 'The gateway sets it aside when it starts, and takes over what can be read. Replace the disk if this comes again.',
  });
}

function check(database: Database, pragma: string): readonly string[] {
  return [String(database.pragma(pragma, { simple: true }))];
}
