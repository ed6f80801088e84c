import { crc32 } from 'node:zlib';
import type { LedgerRow } from './ledger.ts';

/**
 * The checksum stored beside a row. Three of four single-bit flips in a filled store pass SQLite's own
 * integrity check; this finds them before they are relayed. `body` is meant as it stands in the file.
 */
export function rowChecksum(row: Omit<LedgerRow, 'position'>): number {
  const { id, stream, madeAtMs, body } = row;
  // A flipped bit turns a text into bytes that read the same and cannot be stored again: no sum fits them.
  if (typeof id !== 'string' || typeof stream !== 'string' || typeof body !== 'string') return -1;
  return crc32(`${id}\n${stream}\n${madeAtMs}\n${body}`);
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

/**
 * The id of a row that was altered, when the copy in its text still says the same; else '', so that no record that
 * never was is declared missing.
 */
export function certainIdOf({
  id,
  body,
}: {
  readonly id: string | null;
  readonly body: string | null;
}): string {
  return id !== null && String(body).includes(`"id":"${id}"`) ? id : '';
}
