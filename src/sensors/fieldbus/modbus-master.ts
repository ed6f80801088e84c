import type { LineChange } from './line-keeper.ts';
import type { ReadRequest } from './modbus-frames.ts';

/** How one read ended. Times are monotonic ms; the device sampled its values between the two. */
export type ReadOutcome =
  | {
      readonly kind: 'values';
      readonly bytes: Uint8Array;
      readonly sentAtMs: number;
      readonly receivedAtMs: number;
    }
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'corrupt'; readonly why: string }
  /** The line is closed: nothing can be said about the device. */
  | { readonly kind: 'closed'; readonly why: string };

export interface ReadTerms {
  /** The longest that the device takes to answer: until then a late reply is reckoned with. */
  readonly responseTimeoutMs: number;
  /** RTU: how long this read is waited for, where the device is known to be quicker; see response-limit.ts. */
  readonly waitMs?: number;
  /** Silence the device needs between two requests to it, should this read take two. */
  readonly turnaroundMs: number;
  /** Other reads that this device is known to answer; see marker-read.ts. Only RTU needs them. */
  readonly markers: readonly ReadRequest[];
}

/** Counters since the master was made. */
export interface MasterFigures {
  readonly timeouts: number;
  readonly corruptReplies: number;
  /** Replies and bursts that belong to no outstanding request. */
  readonly lateReplies: number;
}

/**
 * The read-only master of one bus. It never takes a late, doubled, foreign, truncated or corrupted reply for
 * a value, and every read ends: at the latest after its deadline, at once when the line closes.
 */
export interface ModbusMaster {
  readonly isOpen: boolean;
  readonly figures: MasterFigures;
  /** One at a time: a second read before the first has ended is a fault of the program and rejects. */
  read(request: ReadRequest, terms: ReadTerms): Promise<ReadOutcome>;
  close(): Promise<void>;
}

export interface MasterListener {
  onLineChange(change: LineChange): void;
}

/** A master that is asked for a second read at a time could no longer tell the replies apart. */
export function secondRead(): Promise<never> {
  return Promise.reject(new Error('a read is already outstanding on this bus'));
}
