import { setImmediate } from 'node:timers/promises';
import type { Store } from '../../store/store.ts';
import type { OrderOutcome } from '../../uplink/commands/command-desk.ts';

/** One command puts so many records into the queue; for more, the platform goes on from `nextFromMs`. */
export const BACKFILL_MAX_ROWS = 20_000;
/** Looked at in one turn of the event loop, so that acquisition is not kept waiting. */
const ROWS_PER_TURN = 500;
/** What is younger is still on its way live. */
const SETTLED_MS = 60_000;

/** Queues stored records of a span for one upstream again; the relay sends them at its own pace. */
export async function backfill(
  order: { readonly fromMs: number; readonly toMs: number },
  parts: {
    readonly store: Pick<Store, 'requeue'>;
    readonly upstream: string;
    readonly wallMs: number;
    readonly notify: () => void;
  },
): Promise<OrderOutcome> {
  const { store, upstream, wallMs, notify } = parts;
  const { fromMs } = order;
  const toMs = Math.min(order.toMs, Math.floor(wallMs - SETTLED_MS));
  if (fromMs >= toMs) {
    const detail = 'toMs is not after fromMs, or the span is younger than a minute';
    return { kind: 'failed', reason: 'not-a-span', detail };
  }
  const span = { upstream, fromMs, toMs, limit: ROWS_PER_TURN };
  let queued = 0;
  let at = store.requeue(span);
  for (;;) {
    queued += at.queued;
    notify();
    if (at.next === null || queued >= BACKFILL_MAX_ROWS) break;
    await setImmediate();
    at = store.requeue({ ...span, after: at.next });
  }
  const complete = at.next === null;
  const nextFromMs = complete ? null : Math.max(fromMs, at.reachedMs ?? toMs);
  const detail = `${queued} records`;
  return { kind: 'done', result: { fromMs, toMs, queued, complete, nextFromMs }, audited: { detail } };
}
