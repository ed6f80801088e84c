import { describe, expect, test } from 'vitest';
import { createDetector } from './detector.ts';
import type { ModelPlan } from './detector-session.ts';
import type { NetPort, NetTensor, Network } from './network.ts';

const LABELS = ['car', 'truck'];
const PLAN: ModelPlan = {
  id: 'own',
  file: '/none',
  sha256: '0'.repeat(64),
  decoder: 'yolov8',
  labels: LABELS,
  inputWidthPx: 64,
  inputHeightPx: 32,
  scoreThreshold: 0.5,
  iouThreshold: 0.5,
  pixels: {
    type: 'float32',
    layout: 'nchw',
    channels: 'rgb',
    divideBy: 255,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  },
};
const PICTURE: NetPort = { name: 'images', type: 'float32', dims: ['batch', 3, 'height', 'width'] };
const FRAME = new Uint8Array(3 * 64 * 32);

interface FakeNet {
  readonly inputs?: readonly NetPort[];
  readonly outputs: ReadonlyMap<string, NetTensor>;
}

/** A network that says the same of every picture and keeps what it was given. */
function fakeNetwork({ inputs = [PICTURE], outputs }: FakeNet) {
  const fed: ReadonlyMap<string, NetTensor>[] = [];
  const network: Network = {
    inputs,
    outputs: [...outputs].map(([name, { dims }]) => ({ name, type: 'float32', dims })),
    run(feeds) {
      fed.push(feeds);
      return Promise.resolve(outputs);
    },
    release: () => Promise.resolve(),
  };
  return { network, fed };
}

function float(dims: readonly number[], values: readonly number[]): NetTensor {
  const data = new Float32Array(dims.reduce((product, side) => product * side, 1));
  data.set(values);
  return { type: 'float32', dims, data };
}

/** Two boxes in columns: a car and a truck that scores too little. */
const YOLOV8 = float([1, 6, 2], [20, 40, 10, 10, 12, 12, 8, 8, 0.9, 0, 0, 0.1]);

function refusal(plan: Partial<ModelPlan>, net: FakeNet): Promise<unknown> {
  return createDetector({ ...PLAN, ...plan }, fakeNetwork(net).network);
}

describe('a network that fits its card', () => {
  test('is fed the picture as the card says, and read by its decoder', async () => {
    const { network, fed } = fakeNetwork({ outputs: new Map([['output0', YOLOV8]]) });
    const detector = await createDetector(PLAN, network);
    const found = await detector.detect(FRAME);
    expect(found).toMatchObject([{ class: 'car', box: [14, 6, 26, 14] }]);
    expect(fed.at(-1)?.get('images')).toMatchObject({ type: 'float32', dims: [1, 3, 32, 64] });
    expect(detector).toMatchObject({ problem: null, frameBytes: FRAME.length });
  });

  test('is fed frames of other sizes, each as it is', async () => {
    // A box over two thirds of 64 x 32 pixels is scenery there, and a bus in a picture four times as large.
    const wide = float([1, 6, 2], [32, 0, 16, 0, 48, 0, 28, 0, 0.9, 0, 0, 0]);
    const { network, fed } = fakeNetwork({ outputs: new Map([['output0', wide]]) });
    const detector = await createDetector(PLAN, network);
    expect(await detector.detect(FRAME)).toEqual([]);
    const found = await detector.detect(new Uint8Array(4 * FRAME.length), { widthPx: 128, heightPx: 64 });
    expect(found).toMatchObject([{ box: [8, 2, 56, 30] }]);
    expect(fed.at(-1)?.get('images')).toMatchObject({ dims: [1, 3, 64, 128] });
    await expect(detector.detect(FRAME, { widthPx: 128, heightPx: 64 })).rejects.toThrow(RangeError);
  });

  test('is told the size when it asks for it, and its whole-number labels are read', async () => {
    const outputs = new Map<string, NetTensor>([
      ['labels', { type: 'int64', dims: [1, 2], data: BigInt64Array.of(1n, 0n) }],
      ['boxes', float([1, 2, 4], [14, 6, 26, 14])],
      ['scores', float([1, 2], [0.8, 0.1])],
    ]);
    const inputs = [PICTURE, { name: 'orig_target_sizes', type: 'int64', dims: ['batch', 2] }];
    const { network, fed } = fakeNetwork({ inputs, outputs });
    const roles = { boxes: 'boxes', scores: 'scores', labels: 'labels' };
    const detector = await createDetector({ ...PLAN, decoder: 'detr', outputs: roles }, network);
    expect(await detector.detect(FRAME)).toMatchObject([{ class: 'truck', box: [14, 6, 26, 14] }]);
    expect(fed.at(-1)?.get('orig_target_sizes')).toMatchObject({ data: BigInt64Array.of(64n, 32n) });
  });

  test('has other outputs, too, when the card names the one that counts', async () => {
    const outputs = new Map([
      ['stride_8', float([1, 3, 4, 8, 7], [])],
      ['output0', YOLOV8],
    ]);
    const detector = await createDetector(
      { ...PLAN, outputs: { rows: 'output0' } },
      fakeNetwork({ outputs }).network,
    );
    expect(await detector.detect(FRAME)).toHaveLength(1);
  });
});

describe('a network that does not fit its card is refused, naming what was expected', () => {
  const outputs = new Map([['output0', YOLOV8]]);
  test.each<readonly [claim: string, plan: Partial<ModelPlan>, net: FakeNet, words: readonly string[]]>([
    [
      'an input of another type',
      {},
      { outputs, inputs: [{ ...PICTURE, type: 'uint8' }] },
      ['images uint8[batch, 3, height, width]', 'expected one float32[1, 3, 32, 64]'],
    ],
    [
      'an input of another size',
      {},
      { outputs, inputs: [{ ...PICTURE, dims: [1, 3, 640, 640] }] },
      ['[1, 3, 640, 640]', '[1, 3, 32, 64]'],
    ],
    [
      'another layout',
      {},
      { outputs, inputs: [{ ...PICTURE, dims: [1, 32, 64, 3] }] },
      ['expected one float32[1, 3, 32, 64]'],
    ],
    [
      'an input that nobody can fill',
      {},
      { outputs, inputs: [PICTURE, { name: 'scale_factor', type: 'float32', dims: [1, 2] }] },
      ['scale_factor', 'expected one'],
    ],
    [
      'more labels than classes',
      { labels: [...LABELS, 'bus'] },
      { outputs },
      ['[1, 6, 2]', 'expected [7, n] for yolov8 with 3 labels'],
    ],
    [
      'labels of which none is a road user',
      { labels: ['cat', 'dog'] },
      { outputs },
      ['none of its labels', 'expected car'],
    ],
    [
      'another family',
      { decoder: 'yolox' },
      { outputs },
      ['[1, 6, 2]', 'expected [42, 7] for yolox with 2 labels and an input of 64 x 32'],
    ],
    [
      'several outputs and none named',
      {},
      { outputs: new Map([...outputs, ['more', YOLOV8]]) },
      ['output0', 'more', 'expected outputs in the card'],
    ],
    [
      'an output that is not there',
      { outputs: { rows: 'detections' } },
      { outputs },
      ['output0', 'expected detections'],
    ],
    [
      'an output of half-size numbers',
      {},
      { outputs: new Map([['output0', { type: 'other', dims: [1, 6, 2], named: 'float16' }]]) },
      ['output0 is made of float16', 'expected float32'],
    ],
  ])('%s', async (_, plan, net, words) => {
    const error = await refusal(plan, net).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'model-invalid' });
    for (const word of words) expect(String(error)).toContain(word);
  });
});
