import { existsSync } from 'node:fs';
import { RoadsideError } from '../base/errors.ts';
import type { AuditEnds, AuditRow } from '../store/audit-chain.ts';
import { openStore } from '../store/store.ts';

export { type AuditEnds, type AuditRow, type ChainVerdict, checkChain } from '../store/audit-chain.ts';

/** A whole audit as it is stored. */
export interface StoredAudit {
  readonly rows: readonly AuditRow[];
  readonly ends: AuditEnds;
}

/**
 * Reads the audit from a store that no gateway is using.
 *
 * @throws RoadsideError store-unavailable when there is no such file, store-locked while a gateway runs
 */
export function readAuditFile(file: string): StoredAudit {
  // Opening a store makes it.
  if (!existsSync(file)) {
    throw new RoadsideError('store-unavailable', `there is no store ${file}`, {
      hint: 'Name the file that store.file of the site file names, or ask the running gateway with --socket.',
    });
  }
  const store = openStore({ file });
  try {
    return { rows: store.audit.read(0, Number.MAX_SAFE_INTEGER), ends: store.audit.ends() };
  } finally {
    store.close();
  }
}
