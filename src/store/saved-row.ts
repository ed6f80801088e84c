import type { LedgerRow } from './ledger.ts';

/** Stands for an upstream's name where a damaged file no longer tells whom a record was for. */
export const EVERYBODY = '*';

/** A row of a damaged file that is as it was stored. */
export interface SavedRow {
  readonly row: LedgerRow;
  /** Which upstreams were waiting for it; null when that cannot be read: then all get it, perhaps again. */
  readonly waiting: readonly string[] | null;
}
