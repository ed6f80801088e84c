import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import type { AuditRecord } from '../traffic/stored-record.ts';

/** What stands for the hash before the first entry. */
export const CHAIN_START = '0'.repeat(64);

/** One entry as it is stored: the record's JSON text, its hash included. */
export interface AuditRow {
  readonly number: number;
  readonly body: string;
}

/** Where the stored part of a chain begins and ends. */
export interface AuditEnds {
  /** The newest entry that was let go when there were too many; 0 while all are there. */
  readonly beforeNumber: number;
  readonly beforeHash: string;
  /** 0 in an empty chain. */
  readonly lastNumber: number;
  readonly lastHash: string;
}

export type ChainVerdict =
  | { readonly kind: 'whole'; readonly entries: number; readonly ends: AuditEnds }
  /** `number` is the first entry that is missing or not what was stored. */
  | { readonly kind: 'broken'; readonly number: number; readonly problem: string };

/** SHA-256 over the canonical JSON of an entry without its hash, hexadecimal; `previousHash` is part of it. */
export function auditHash(entry: Omit<AuditRecord, 'hash'>): string {
  const { hash: _, ...hashed } = entry as AuditRecord;
  return createHash('sha256').update(canonicalJson(hashed)).digest('hex');
}

/** Walks a chain from its oldest stored entry to its end. Rows are in order of their number. */
export function checkChain(rows: Iterable<AuditRow>, ends: AuditEnds): ChainVerdict {
  let number = ends.beforeNumber;
  let hash = ends.beforeHash;
  let entries = 0;
  for (const row of rows) {
    const problem = problemOf(row, number + 1, hash);
    if (problem !== null) return { kind: 'broken', number: Math.min(row.number, number + 1), problem };
    number = row.number;
    hash = hashIn(row.body);
    entries += 1;
  }
  if (number < ends.lastNumber) {
    const problem = `the end is missing: entries ${number + 1} to ${ends.lastNumber}`;
    return { kind: 'broken', number: number + 1, problem };
  }
  if (hash !== ends.lastHash || number !== ends.lastNumber) {
    return { kind: 'broken', number, problem: 'it is not the entry that the chain is known to end with' };
  }
  return { kind: 'whole', entries, ends };
}

function problemOf(row: AuditRow, expected: number, previousHash: string): string | null {
  if (row.number !== expected) return `entries ${expected} to ${row.number - 1} are missing`;
  const entry = parseEntry(row.body);
  if (entry === null) return 'it is not an entry as this program writes them';
  if (entry.number !== row.number) return `it says that it is entry ${entry.number}`;
  if (entry.previousHash !== previousHash) return 'it does not follow the entry before';
  return auditHash(entry) === entry.hash ? null : 'its hash does not match its contents';
}

/** Null as well when the text says the same in other words. */
function parseEntry(body: string): AuditRecord | null {
  try {
    const entry: unknown = JSON.parse(body);
    return typeof entry === 'object' && entry !== null && JSON.stringify(entry) === body
      ? (entry as AuditRecord)
      : null;
  } catch {
    return null;
  }
}

/** The hash that an entry says it has; empty when it is none. */
export function hashIn(body: string): string {
  return parseEntry(body)?.hash ?? '';
}
