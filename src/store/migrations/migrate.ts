import { RoadsideError } from '../../base/errors.ts';
import { pendingChecksum, textChecksum } from '../checksums.ts';
import type { Database } from '../database.ts';
import { ledgerAndOutbox } from './0001-ledger-and-outbox.ts';
import { openFaults } from './0002-open-faults.ts';
import { upstreams } from './0003-upstreams.ts';
import { auditAndCommands } from './0004-audit-and-commands.ts';
import { unsetClock } from './0005-unset-clock.ts';
import { packedBodies } from './0006-packed-bodies.ts';
import { backlog } from './0007-backlog.ts';

/** In order; the file's `user_version` is how many of them it has had. A released one never changes. */
const MIGRATIONS: readonly string[] = [
  ledgerAndOutbox,
  openFaults,
  upstreams,
  auditAndCommands,
  unsetClock,
  packedBodies,
  backlog,
];

export const STORE_VERSION = MIGRATIONS.length;

/**
 * Brings the file to the program's version, each step in its own transaction.
 *
 * @throws RoadsideError store-newer when a later program wrote the file: its rules are unknown here.
 */
export function migrate(database: Database): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version > STORE_VERSION) {
    throw new RoadsideError(
      'store-newer',
      `the store has version ${version}, this program knows up to ${STORE_VERSION}`,
      { hint: 'The store was written by a later roadside: install that version again, or a newer one.' },
    );
  }
  database.function('pending_checksum', { deterministic: true }, (position, upstream, relayClass) =>
    pendingChecksum({ position: Number(position), upstream: Number(upstream), class: Number(relayClass) }),
  );
  database.function('text_checksum', { deterministic: true }, (text) => textChecksum(String(text)));
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}
