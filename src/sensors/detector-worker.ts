import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, RoadsideError } from '../base/errors.ts';
import type { DetectorReply, DetectorRequest } from './detector-thread.ts';
import { type ModelPlan, openDetectorSession } from './vision/detector-session.ts';

const reply = (answer: DetectorReply): void => parentPort?.postMessage(answer);
const fail = (error: unknown): void => {
  const known = error instanceof RoadsideError ? error : null;
  reply({
    kind: 'failed',
    code: known?.code ?? 'model-invalid',
    message: messageOf(error),
    hint: known?.hint ?? 'Report this with the log of the minutes before it.',
  });
};

try {
  const session = await openDetectorSession(workerData as ModelPlan);
  // The runtime takes no shared memory. As large as the largest frame so far; cameras differ in their size.
  let memory = new Uint8Array(session.frameBytes);
  const answer = async (request: DetectorRequest): Promise<void> => {
    if (request.kind === 'release') {
      await session.release();
      parentPort?.close();
      return;
    }
    const { frame, size } = request;
    if (frame.length > memory.length) memory = new Uint8Array(frame.length);
    const own = memory.subarray(0, frame.length);
    own.set(frame);
    reply({ kind: 'detections', detections: await session.detect(own, size) });
  };
  // One after the other: they share the memory, and the runtime computes one at a time anyway.
  let turn = Promise.resolve();
  parentPort?.on('message', (request: DetectorRequest) => {
    turn = turn.then(() => answer(request)).catch(fail);
  });
  reply({ kind: 'open', frameBytes: session.frameBytes, report: session.report });
} catch (error) {
  fail(error);
}
