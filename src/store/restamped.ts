import type { StoredRecord } from '../traffic/stored-record.ts';

/** By how much the clock was wrong while it showed a time from `fromMs` to `toMs`. UTC ms. */
export interface ClockCorrection {
  readonly fromMs: number;
  readonly toMs: number;
  readonly shiftMs: number;
}

/** Names of all fields of records that hold a moment on the wall clock. */
const MOMENTS: ReadonlySet<string> = new Set([
  ...['observedAtMs', 'startMs', 'endMs', 'fromMs', 'toMs', 'atMs'],
  ...['startedAtMs', 'openedAtMs', 'closedAtMs'],
]);

/**
 * The record with the stamps that the wrong clock gave put right and marked; null when it has none. Stamps from
 * elsewhere stay: a fault that an earlier run of the machine opened has its own. The audit chain is never rewritten.
 */
export function restamped(record: StoredRecord, correction: ClockCorrection): StoredRecord | null {
  if (record.stream === 'audit') return null;
  const moved = shifted(record, correction) as StoredRecord;
  return moved === record ? null : { ...moved, clock: 'restamped' };
}

function shifted(value: unknown, correction: ClockCorrection): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { fromMs, toMs, shiftMs } = correction;
  let changed = false;
  const entries = Object.entries(value).map(([key, part]) => {
    const isWrong = typeof part === 'number' && MOMENTS.has(key) && part >= fromMs && part <= toMs;
    const next = isWrong ? Math.round(part + shiftMs) : shifted(part, correction);
    changed ||= isWrong || next !== part;
    return [key, next] as const;
  });
  if (!changed) return value;
  return Array.isArray(value) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}
