/** The watching thread of loop-watchdog.ts. */
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { LoopWatchdogPlan } from './loop-watchdog.ts';

const { beats, standsAfterMs } = workerData as LoopWatchdogPlan;
const count = new Int32Array(beats);
const idle = new Int32Array(new SharedArrayBuffer(4));

// Not a path that the main thread would see: the kernel answers each thread with its own number.
parentPort?.postMessage(Number(basename(readlinkSync('/proc/thread-self'))));
for (;;) {
  const before = Atomics.load(count, 0);
  Atomics.wait(idle, 0, 0, standsAfterMs);
  if (Atomics.load(count, 0) === before) process.kill(process.pid, 'SIGKILL');
}
