/** What the bench stores and sends: records of the contract's size, in the mix of a day with passages. */
import type { StoredRecord, StreamName } from '../../../src/traffic/stored-record.ts';
import { flowRecord, passageRecord } from '../../fakes/records.ts';

export const STREAMS: ReadonlySet<StreamName> = new Set(['passage', 'flow', 'incident', 'fault', 'gap']);

/** 48,000 passages a day beside 8 lanes of one-minute flow are four passages for each interval. */
const FLOW_EVERY = 5;
const LANES = 8;

/** The record with this number, from 1. */
export function benchRecord(number: number, boot: string): StoredRecord {
  const lane = `north-${(number % LANES) + 1}`;
  const flows = Math.floor(number / FLOW_EVERY);
  if (number % FLOW_EVERY === 0) return flowRecord({ seq: flows, boot, lane });
  return passageRecord({ seq: number - flows, boot, lane });
}

export function benchRecords(count: number, boot: string): readonly StoredRecord[] {
  return Array.from({ length: count }, (_, index) => benchRecord(index + 1, boot));
}
