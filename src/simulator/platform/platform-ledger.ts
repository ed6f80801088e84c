import type { ContractReader } from './contract-reader.ts';

/** One record as the platform received it. Fields beyond the head depend on the stream. */
export interface ReceivedRecord {
  readonly id: string;
  readonly stream: string;
  readonly boot: string;
  readonly seq: number;
  readonly [field: string]: unknown;
}

export interface LedgerTotals {
  /** Distinct records. */
  readonly received: number;
  readonly invalid: number;
  readonly duplicates: number;
  /** Sequence numbers below the highest seen of a (boot, stream) that never came. */
  readonly missing: number;
}

/** What a platform keeps of a site by the contract alone: it dedups by id and finds gaps by sequence. */
export interface PlatformLedger {
  /** Takes one message; returns the record when it is new and valid. */
  take(topic: string, payload: Buffer): ReceivedRecord | null;
  totals(): LedgerTotals;
  /** Why messages were refused, at most the first few. */
  readonly refusals: readonly string[];
}

const MAX_PAYLOAD_BYTES = 64 * 1024;
const MAX_REFUSALS_KEPT = 10;

export function createPlatformLedger(contract: ContractReader): PlatformLedger {
  const ids = new Set<string>();
  const series = new Map<string, { highest: number; received: number }>();
  const refusals: string[] = [];
  let invalid = 0;
  let duplicates = 0;

  const refuse = (topic: string, reason: string): null => {
    invalid += 1;
    if (refusals.length < MAX_REFUSALS_KEPT) refusals.push(`${topic}: ${reason}`);
    return null;
  };

  return {
    refusals,
    take(topic, payload) {
      if (payload.length > MAX_PAYLOAD_BYTES) return refuse(topic, `${payload.length} bytes`);
      const value = parse(payload);
      const broken = contract.judge(topic, value);
      if (broken !== null) return refuse(topic, broken);
      if (!isRecord(value)) return null;
      if (ids.has(value.id)) {
        duplicates += 1;
        return null;
      }
      ids.add(value.id);
      const key = `${value.boot}/${value.stream}`;
      const known = series.get(key) ?? { highest: 0, received: 0 };
      series.set(key, { highest: Math.max(known.highest, value.seq), received: known.received + 1 });
      return value;
    },
    totals() {
      let missing = 0;
      for (const { highest, received } of series.values()) missing += highest - received;
      return { received: ids.size, invalid, duplicates, missing };
    },
  };
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is ReceivedRecord {
  return typeof value === 'object' && value !== null && 'seq' in value && 'id' in value;
}
