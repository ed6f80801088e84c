/**
 * Wakes the poller with fractions of a millisecond. Node's timers count whole milliseconds, so that a grid of
 * 10 ms is met within 0.4 ms; a thread that sleeps on a futex meets it within 0.05 ms for 1 % of a core
 * (docs/decisions/0003).
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { monotonicMs } from '../../base/clock.ts';
import type { WakeAt } from './sleep.ts';

/** Reads with a longer period gain nothing from it. */
export const TICKER_UP_TO_MS = 20;
/** A ticker that is so late has died: everybody is woken, and by timers from then on. */
const OVERDUE_MS = 50;

export interface Ticker {
  readonly wakeAt: WakeAt;
  close(): Promise<void>;
}

/** What both threads see: a count that is raised with each order, and the moment that is ordered. */
export interface TickerCells {
  readonly orders: Int32Array;
  /** Monotonic ms. */
  readonly dueMs: Float64Array;
}

export function tickerCells(memory: SharedArrayBuffer): TickerCells {
  return { orders: new Int32Array(memory, 0, 1), dueMs: new Float64Array(memory, 8, 1) };
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export function createTicker(): Ticker {
  const memory = new SharedArrayBuffer(16);
  const { orders, dueMs } = tickerCells(memory);
  const entry = new URL(`./ticker-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(entry, { workerData: memory });
  let sleepers: Sleeper[] = [];

  const order = (): void => {
    const nextMs = sleepers.reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
    dueMs[0] = nextMs;
    Atomics.add(orders, 0, 1);
    Atomics.notify(orders, 0);
  };
  const wakeDue = (): void => {
    const nowMs = monotonicMs();
    const due = sleepers.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    sleepers = sleepers.filter(({ atMs }) => atMs > nowMs);
    if (sleepers.length > 0) order();
    for (const { wake } of due) wake();
  };
  worker.on('message', wakeDue);
  worker.on('error', () => undefined);
  worker.unref();
  const guard = setInterval(() => {
    if (sleepers.some(({ atMs }) => monotonicMs() - atMs > OVERDUE_MS)) wakeDue();
  }, OVERDUE_MS);
  guard.unref();

  return {
    wakeAt(atMs, wake) {
      sleepers.push({ atMs, wake });
      order();
    },
    async close() {
      clearInterval(guard);
      await worker.terminate();
    },
  };
}
