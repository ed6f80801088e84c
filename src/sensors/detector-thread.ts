import { once } from 'node:events';
import { extname } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { type ErrorCode, RoadsideError } from '../base/errors.ts';
import type { Detection } from './vision/detections.ts';
import type { DetectorSession, ModelPlan } from './vision/detector-session.ts';
import type { InputSize } from './vision/frame-input.ts';
import type { PrecisionReport } from './vision/precision.ts';

/** To the detector's thread. */
export type DetectorRequest =
  | { readonly kind: 'detect'; readonly frame: Uint8Array; readonly size: InputSize | undefined }
  | { readonly kind: 'release' };

/** From the detector's thread: first `open` or `failed`, then one reply to each frame. */
export type DetectorReply =
  | { readonly kind: 'open'; readonly frameBytes: number; readonly report: PrecisionReport }
  | { readonly kind: 'detections'; readonly detections: readonly Detection[] }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string };

/**
 * Opens a detector in a thread of its own. The runtime computes on the thread that calls it; on the main
 * thread the decoders' pipes would fill meanwhile, the cameras' pictures would queue up behind them, and a
 * slow detector would fall behind the road by seconds instead of skipping pictures.
 *
 * Frames should be shared memory; others are copied on the way. A frame that is given while another is looked at lies
 * ready in the thread, which then need not wait for this one. Errors are those of openDetectorSession. If the thread
 * itself dies, so does the process, and its supervisor starts it again.
 */
export async function openDetectorThread(plan: ModelPlan): Promise<DetectorSession> {
  const entry = new URL(`./detector-worker${extname(import.meta.url)}`, import.meta.url);
  // A thread's environment is a copy otherwise, and what the session sets there would not reach the library.
  const worker = new Worker(entry, { workerData: plan, env: SHARE_ENV });
  /** Who waits for a reply; they come in the order of the requests. */
  const waiting: ((reply: DetectorReply) => void)[] = [];
  worker.on('message', (reply: DetectorReply) => waiting.shift()?.(reply));
  const nextReply = (): Promise<DetectorReply> => new Promise((resolve) => waiting.push(resolve));
  const opened = await nextReply();
  if (opened.kind !== 'open') {
    await worker.terminate();
    throw failureOf(opened);
  }
  const request = (asked: DetectorRequest): void => worker.postMessage(asked);
  return {
    frameBytes: opened.frameBytes,
    report: opened.report,
    async detect(frame, size) {
      request({ kind: 'detect', frame, size });
      const reply = await nextReply();
      if (reply.kind !== 'detections') throw failureOf(reply);
      return reply.detections;
    },
    async release() {
      // Not terminated: the runtime aborts the whole process when its thread is ended while it computes.
      const ended = once(worker, 'exit');
      request({ kind: 'release' });
      await ended;
    },
  };
}

function failureOf(reply: DetectorReply): RoadsideError {
  if (reply.kind === 'failed') return new RoadsideError(reply.code, reply.message, { hint: reply.hint });
  const hint = 'Report this with the log of the minutes before it.';
  return new RoadsideError('process-protocol', `the detector's thread said ${reply.kind} out of turn`, {
    hint,
  });
}
