/**
 * Ends this process when its event loop has stood still. Under SCHED_FIFO a loop that spins starves everything
 * of the ordinary class on its core, the gateway that would restart us among it, so the one who ends us has to
 * stand above the loop: a thread of its own, which real-time.ts gives the higher priority.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** The gateway's own patience is longer: this is only for when the gateway does not get its turn. */
export const LOOP_STANDS_AFTER_MS = 3000;
const BEAT_EVERY_MS = 250;

export interface LoopWatchdog {
  /** The kernel's number of the watching thread. */
  readonly threadId: number;
  close(): Promise<void>;
}

export interface LoopWatchdogPlan {
  /** One count, raised while the loop turns. */
  readonly beats: SharedArrayBuffer;
  readonly standsAfterMs: number;
}

/** Rejects when there is no such thread to be had. */
export async function openLoopWatchdog(standsAfterMs = LOOP_STANDS_AFTER_MS): Promise<LoopWatchdog> {
  const beats = new SharedArrayBuffer(4);
  const count = new Int32Array(beats);
  const plan: LoopWatchdogPlan = { beats, standsAfterMs };
  const entry = new URL(`./loop-watchdog-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(entry, { workerData: plan });
  const beat = setInterval(() => void Atomics.add(count, 0, 1), BEAT_EVERY_MS);
  beat.unref();
  worker.unref();
  const threadId = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return {
    threadId,
    async close() {
      clearInterval(beat);
      await worker.terminate();
    },
  };
}
