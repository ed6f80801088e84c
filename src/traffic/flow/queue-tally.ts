import type { Span } from '../span.ts';
import { sharedMs } from '../span.ts';

/** Lengths of a lane's queue over an interval. */
export interface QueueTally {
  readonly longestM: number;
  /** Length times its duration, and the time of which it is known. */
  readonly metreMs: number;
  readonly knownMs: number;
}

export const NO_QUEUE_SEEN: QueueTally = { longestM: 0, metreMs: 0, knownMs: 0 };

/** The queue had this length in this span; the part that lies in the interval counts. */
export function addQueue(
  tally: QueueTally,
  queue: Span & { readonly lengthM: number },
  interval: Span,
): QueueTally {
  const ms = sharedMs(queue, interval);
  if (ms === 0) return tally;
  return {
    longestM: Math.max(tally.longestM, queue.lengthM),
    metreMs: tally.metreMs + queue.lengthM * ms,
    knownMs: tally.knownMs + ms,
  };
}
