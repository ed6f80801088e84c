import { crc32 } from 'node:zlib';
import type { LedgerRow } from './ledger.ts';

/**
 * The checksum stored beside a row. Three of four single-bit flips in a filled store pass SQLite's own
 * integrity check; this finds them before they are relayed.
 */
export function rowChecksum(row: Omit<LedgerRow, 'position'>): number {
  return crc32(`${row.id}\n${row.stream}\n${row.madeAtMs}\n${row.body}`);
}

/** The same for a row of the outbox: a flipped bit must not deliver another record, nor to another upstream. */
export function pendingChecksum(row: {
  readonly position: number;
  readonly upstream: number;
  readonly class: number;
}): number {
  return crc32(`${row.position}/${row.upstream}/${row.class}`);
}

/** Of what a damaged file says is a text, too: it may be anything. */
export function textChecksum(text: string): number {
  return crc32(String(text));
}
