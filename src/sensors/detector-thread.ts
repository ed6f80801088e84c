import { once } from 'node:events';
import { extname } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { type ErrorCode, messageOf, RoadsideError } from '../base/errors.ts';
import { MS_PER_S } from '../base/units.ts';
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

export interface DetectorThreadOptions {
  /** Told once when the thread has died or stands still: this process is no good any more. Default: throws. */
  readonly onDeath?: (why: RoadsideError) => void;
  /** For tests: what the thread runs, and how long a picture may take. */
  readonly entry?: URL;
  readonly pictureLimitMs?: number;
}

/** More than any detector needs on any machine, with the pictures that lie ready before it. */
const PICTURE_LIMIT_MS = 60_000;

/**
 * Opens a detector in a thread of its own. The runtime computes on the thread that calls it; on the main
 * thread the decoders' pipes would fill meanwhile, the cameras' pictures would queue up behind them, and a
 * slow detector would fall behind the road by seconds instead of skipping pictures.
 *
 * Frames should be shared memory; others are copied on the way. A frame that is given while another is looked at lies
 * ready in the thread, which then need not wait for this one. Errors are those of openDetectorSession, and
 * `model-invalid` from the thread's death on.
 */
export async function openDetectorThread(
  plan: ModelPlan,
  options: DetectorThreadOptions = {},
): Promise<DetectorSession> {
  const entry = options.entry ?? new URL(`./detector-worker${extname(import.meta.url)}`, import.meta.url);
  const { onDeath = throwIt, pictureLimitMs = PICTURE_LIMIT_MS } = options;
  // A thread's environment is a copy otherwise, and what the session sets there would not reach the library.
  const worker = new Worker(entry, { workerData: plan, env: SHARE_ENV });
  /** Who waits for a reply; they come in the order of the requests. */
  const waiting: ((reply: DetectorReply) => void)[] = [];
  let lastWords: Extract<DetectorReply, { kind: 'failed' }> | null = null;
  let isLeaving = false;
  const die = (why: string): void => {
    if (isLeaving || lastWords !== null) return;
    const hint =
      'It is started again; if this comes back, choose another model, or a machine with more memory.';
    lastWords = { kind: 'failed', code: 'model-invalid', message: `the detector's thread ${why}`, hint };
    for (const tell of waiting.splice(0)) tell(lastWords);
    onDeath(failureOf(lastWords));
  };
  let isOpen = false;
  worker.on('message', (reply: DetectorReply) => {
    isOpen ||= reply.kind === 'open';
    // A thread without a detector leaves by itself, and its end may be told in the same breath.
    isLeaving ||= !isOpen;
    waiting.shift()?.(reply);
  });
  worker.on('error', (error) => die(`died: ${messageOf(error)}`));
  worker.on('exit', (code) => die(`ended with exit code ${code}`));
  const nextReply = (): Promise<DetectorReply> =>
    new Promise((resolve) => (lastWords === null ? waiting.push(resolve) : resolve(lastWords)));
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
      const limit = setTimeout(
        () => die(`has not answered for ${pictureLimitMs / MS_PER_S} s`),
        pictureLimitMs,
      );
      const reply = await nextReply();
      clearTimeout(limit);
      if (reply.kind !== 'detections') throw failureOf(reply);
      return reply.detections;
    },
    async release() {
      if (lastWords !== null) return;
      isLeaving = true;
      // Not terminated: the runtime aborts the whole process when its thread is ended while it computes.
      const ended = once(worker, 'exit');
      request({ kind: 'release' });
      await ended;
    },
  };
}

function throwIt(error: RoadsideError): never {
  throw error;
}

function failureOf(reply: DetectorReply): RoadsideError {
  if (reply.kind === 'failed') return new RoadsideError(reply.code, reply.message, { hint: reply.hint });
  const hint = 'Report this with the log of the minutes before it.';
  return new RoadsideError('process-protocol', `the detector's thread said ${reply.kind} out of turn`, {
    hint,
  });
}
