import type { StreamName } from '../traffic/stored-record.ts';
import type { Ledger } from './ledger.ts';
import type { WritableOutbox } from './outbox.ts';
import { relayClassOf } from './relay-class.ts';

/** Which stored records are to be sent to one upstream again. */
export interface RequeueQuery {
  readonly upstream: string;
  /** Stored from `fromMs` on and before `toMs`, UTC ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** `next` of the call before; absent in the first. */
  readonly after?: number;
  /** Rows to look at in this call. */
  readonly limit: number;
}

export interface Requeued {
  /** Rows that wait again; those that still waited are not counted. */
  readonly queued: number;
  /** Where the next call goes on; null when there is no more. */
  readonly next: number | null;
  /** When the last row that was looked at had been stored; null when there was none. */
  readonly reachedMs: number | null;
}

/** Rows lie in order of storing. A clock that was set back by less than this hides none of them. */
const DISORDER_MS = 3_600_000;

/** Puts one piece of a span back into an outbox, in the caller's transaction. */
export function requeue(
  { ledger, outbox, streams }: { ledger: Ledger; outbox: WritableOutbox; streams: ReadonlySet<StreamName> },
  { fromMs, toMs, after, limit }: RequeueQuery,
): Requeued {
  const rows = ledger.scan(after ?? lastBefore(ledger, fromMs - DISORDER_MS), limit);
  const wanted = rows.filter(
    ({ position, stream, madeAtMs }) =>
      madeAtMs >= fromMs &&
      madeAtMs < toMs &&
      streams.has(stream) &&
      !outbox.has(position, relayClassOf(stream)),
  );
  for (const { position, stream } of wanted) outbox.add(position, relayClassOf(stream));
  const last = rows.at(-1);
  const more = last !== undefined && rows.length === limit && last.madeAtMs < toMs + DISORDER_MS;
  return {
    queued: wanted.length,
    next: more ? last.position : null,
    reachedMs: last === undefined ? null : Math.min(last.madeAtMs, toMs),
  };
}

/** A position behind which everything stored from `wallMs` on lies; by halving, for the ledger has no index of times. */
function lastBefore(ledger: Ledger, wallMs: number): number {
  let low = 0;
  let high = ledger.lastPosition;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [row] = ledger.scan(middle, 1);
    if (row === undefined || row.madeAtMs >= wallMs) high = middle;
    else low = row.position;
  }
  return low;
}
