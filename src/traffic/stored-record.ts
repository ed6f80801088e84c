import type { RecordHead, TrafficRecord } from './record.ts';

/** What the agent says of its own keeping, beside what it says of the road. */
export type AgentRecord = GapRecord;

/** Whatever is stored and relayed. `stream` discriminates. */
export type StoredRecord = TrafficRecord | AgentRecord;
export type StreamName = StoredRecord['stream'];

/**
 * Why records of the agent never reach an upstream: `evicted` to make room, `damaged` on the disk, `unstored`
 * because the store refused them for longer than memory could hold them.
 */
export type GapReason = 'evicted' | 'damaged' | 'unstored';

/** Consecutive numbers of one stream of one boot, both ends included. */
export interface SeqRange {
  readonly boot: string;
  readonly stream: StreamName;
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** Records that one upstream will never get, each accounted for. */
export interface RecordGap {
  /** Whom it concerns; the others have got these records, or still will. */
  readonly upstream: string;
  readonly reason: GapReason;
  /** How many records. */
  readonly count: number;
  readonly ranges: readonly SeqRange[];
  /** Records whose number could not be read any more; they are in `count` and in no range. */
  readonly unnamed: number;
}

export interface GapRecord extends RecordHead, RecordGap {
  readonly stream: 'gap';
}
