/** The ticker's thread: sleeps until the moment that is ordered, says so, and waits for the next order. */
import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from '../../base/clock.ts';
import { tickerCells } from './ticker.ts';

const { orders, dueMs } = tickerCells(workerData as SharedArrayBuffer);
let done = 0;
for (;;) {
  const order = Atomics.load(orders, 0);
  const restMs = order === done ? Number.POSITIVE_INFINITY : (dueMs[0] ?? 0) - monotonicMs();
  if (restMs > 0) {
    Atomics.wait(orders, 0, order, restMs);
  } else {
    done = order;
    parentPort?.postMessage(null);
  }
}
