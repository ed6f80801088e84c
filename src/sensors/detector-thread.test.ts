import { expect, test, vi } from 'vitest';
import { openDetectorThread } from './detector-thread.ts';
import type { ModelPlan } from './vision/detector-session.ts';

/** A thread that says it is open and does this with each request. */
function threadThat(does: string): URL {
  const program = `
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ kind }) => { ${does} });
    parentPort.postMessage({ kind: 'open', frameBytes: 3, report: {} });
  `;
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`);
}

async function open(entry: URL, pictureLimitMs = 60_000) {
  const onDeath = vi.fn();
  const detector = await openDetectorThread({} as ModelPlan, { entry, onDeath, pictureLimitMs });
  return { detector, onDeath, frame: new Uint8Array(3) };
}

test.each<readonly [how: string, does: string, why: string]>([
  ['an error that nobody catches', "setImmediate(() => { throw new Error('boom'); })", 'died: boom'],
  ['a thread that ends without a word', 'process.exit(3)', 'ended with exit code 3'],
])('%s is told to all who wait, and once to the process', async (_, does, why) => {
  const { detector, onDeath, frame } = await open(threadThat(does));
  const looks = await Promise.allSettled([detector.detect(frame), detector.detect(frame)]);
  const failed = { code: 'model-invalid', message: expect.stringContaining(why) };
  expect(looks).toMatchObject([{ reason: failed }, { reason: failed }]);
  await expect(detector.detect(frame), 'nor does it hang later').rejects.toMatchObject(failed);
  expect(onDeath.mock.calls).toMatchObject([[failed]]);
  await detector.release();
});

test('a thread that does not answer is given up', async () => {
  const { detector, onDeath, frame } = await open(threadThat("if (kind === 'release') process.exit()"), 20);
  await expect(detector.detect(frame)).rejects.toMatchObject({
    message: expect.stringContaining('has not answered for 0.02 s'),
  });
  expect(onDeath).toHaveBeenCalledOnce();
});

test('a thread that dies while it opens the model is a death, too', async () => {
  const onDeath = vi.fn();
  const entry = new URL(`data:text/javascript,${encodeURIComponent("throw new Error('no memory')")}`);
  await expect(openDetectorThread({} as ModelPlan, { entry, onDeath })).rejects.toThrow('died: no memory');
  expect(onDeath).toHaveBeenCalledOnce();
});

test('a thread that answers and leaves when it is told to is no death', async () => {
  const does =
    "if (kind === 'release') process.exit(); parentPort.postMessage({ kind: 'detections', detections: [] })";
  const { detector, onDeath, frame } = await open(threadThat(does));
  expect(await detector.detect(frame)).toEqual([]);
  await detector.release();
  expect(onDeath).not.toHaveBeenCalled();
});

test('a thread that says why it cannot open the model, and is gone before that is read, is no death', async () => {
  const onDeath = vi.fn();
  const program = `
    import { parentPort, workerData } from 'node:worker_threads';
    parentPort.postMessage({ kind: 'failed', code: 'model-invalid', message: 'does not fit', hint: '' });
    Atomics.store(workerData.said, 0, 1);
    Atomics.notify(workerData.said, 0);
  `;
  const entry = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  const said = new Int32Array(new SharedArrayBuffer(4));
  const opening = openDetectorThread({ said } as unknown as ModelPlan, { entry, onDeath });
  Atomics.wait(said, 0, 0);
  // Both its words and its end lie ready when this thread looks again.
  Atomics.wait(said, 0, 1, 100);
  await expect(opening).rejects.toThrow('does not fit');
  expect(onDeath).not.toHaveBeenCalled();
});
