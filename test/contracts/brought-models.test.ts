import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type FakeInput, type FakeOutput, onnxFile } from '../fakes/onnx-file.ts';
import { cli, type Said } from '../fakes/run-cli.ts';

/*
 * `roadside models add` with files of the shapes that exporters write. Each net sees the cars of the known picture,
 * so that whatever is read wrongly (labels, corners, units, types) is not found there.
 */
const CARD = fileURLToPath(new URL('../../models/nanodet-g/card.yaml', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'roadside-brought-models-'));
afterAll(() => rmSync(dir, { recursive: true }));

const SIDE = 640;
/** The known picture is 416 x 256, and lies in the upper left corner. */
const SCALE = SIDE / 416;
const CARS = (
  parse(readFileSync(CARD, 'utf8')) as { selfCheck: { expect: { boxPx: number[]; score: number }[] } }
).selfCheck.expect.map(({ boxPx, score }) => ({ box: boxPx.map((each) => each * SCALE), score }));
const COUNT = 300;

const tensor = (dims: readonly number[], rows: readonly (readonly number[])[] = []): FakeOutput => {
  const data = new Float32Array(dims.reduce((product, side) => product * side, 1));
  const width = dims.at(-1) ?? 1;
  rows.forEach((row, index) => {
    data.set(row, index * width);
  });
  return { dims, data };
};
const middle = ([x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[]): readonly number[] => [
  (x1 + x2) / 2,
  (y1 + y2) / 2,
  x2 - x1,
  y2 - y1,
];
const shares = (box: readonly number[]): readonly number[] => box.map((each) => each / SIDE);
const turned = ([x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[]): readonly number[] => [y1, x1, y2, x2];
const oneHot = (length: number, at: number, value: number): readonly number[] =>
  Array.from({ length }, (_, index) => (index === at ? value : 0));

const PLANES: FakeInput = { type: 'float32', dims: [1, 3, SIDE, SIDE] };
const withObjectness = (rows: number): FakeOutput =>
  tensor(
    [1, rows, 85],
    CARS.map(({ box, score }) => [...middle(box), 0.9, ...oneHot(80, 2, score / 0.9)]),
  );
const boxes = (format: (box: readonly number[]) => readonly number[]): FakeOutput =>
  tensor(
    [1, COUNT, 4],
    CARS.map(({ box }) => format(box)),
  );
const scores = tensor([1, COUNT], [CARS.map(({ score }) => score)]);
const asIs = (box: readonly number[]): readonly number[] => box;

interface Export {
  readonly inputs: Readonly<Record<string, FakeInput>>;
  readonly outputs: Readonly<Record<string, FakeOutput>>;
  readonly args: readonly string[];
}
const EXPORTS: Readonly<Record<string, Export>> = {
  'YOLOX with decode-in-inference': {
    inputs: { images: PLANES },
    outputs: { output: withObjectness(8400) },
    args: ['--decoder', 'yolox-decoded', '--labels', 'coco'],
  },
  'YOLOv5 before v6-2 with its heads': {
    inputs: { images: PLANES },
    outputs: { 350: tensor([1, 3, 20, 20, 85]), output: withObjectness(25_200) },
    args: ['--decoder', 'yolov5', '--labels', 'coco'],
  },
  'RT-DETR of Ultralytics': {
    inputs: { images: PLANES },
    outputs: {
      output0: tensor(
        [1, COUNT, 84],
        CARS.map(({ box, score }) => [...shares(middle(box)), ...oneHot(80, 2, score)]),
      ),
    },
    args: ['--decoder', 'detections-with-class-scores', '--labels', 'coco', '--boxes', 'cxcywh,fraction'],
  },
  'D-FINE of Hugging Face with free channels': {
    inputs: { pixel_values: { type: 'float32', dims: ['batch_size', 'num_channels', 'height', 'width'] } },
    outputs: {
      logits: tensor(
        [1, COUNT, 80],
        Array.from({ length: COUNT }, (_, row) =>
          oneHot(80, 2, 1).map((isCar) => {
            const score = CARS[row]?.score ?? 0;
            return isCar === 1 && score > 0 ? Math.log(score / (1 - score)) : -9;
          }),
        ),
      ),
      pred_boxes: boxes((box) => shares(middle(box))),
    },
    args: ['--decoder', 'detr', '--labels', 'coco', '--size', '640x640'],
  },
  'SSD of TensorFlow with COCO’s own numbers': {
    inputs: { 'image_tensor:0': { type: 'uint8', dims: ['unk__1', 'unk__2', 'unk__3', 3] } },
    outputs: {
      'detection_boxes:0': boxes((box) => turned(shares(box))),
      'detection_classes:0': tensor([1, COUNT], [new Array<number>(COUNT).fill(3)]),
      'detection_scores:0': scores,
      'num_detections:0': tensor([1], [[CARS.length]]),
    },
    args: ['--decoder', 'ssd', '--labels', 'coco91', '--size', '640x640'],
  },
  'EfficientNMS with int32 labels': {
    inputs: { images: PLANES },
    outputs: {
      num_dets: { dims: [1, 1], data: Int32Array.of(CARS.length) },
      det_boxes: boxes(asIs),
      det_scores: scores,
      det_classes: { dims: [1, COUNT], data: new Int32Array(COUNT).fill(2) },
    },
    args: ['--decoder', 'ssd', '--labels', 'coco'],
  },
};

/** `roadside models …` */
const models = (...args: readonly string[]): Promise<Said> => cli('models', ...args);

async function add(name: string, { inputs, outputs, args }: Export): Promise<Said> {
  const file = join(dir, `${name}.onnx`);
  writeFileSync(file, onnxFile({ inputs, outputs }));
  const licence = ['--licence', 'Apache-2.0', '--holder', 'Somebody'];
  return await models('add', file, '--models', join(dir, 'models'), '--id', name, ...licence, ...args);
}

describe('what people bring finds the cars of the known picture, and keeps that as its self-check', () => {
  test.each(Object.entries(EXPORTS))('%s', async (claim, brought) => {
    const id = `m${Object.keys(EXPORTS).indexOf(claim)}`;
    const added = await add(id, brought);
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining('Found 4 of the 4 cars') });
    const verified = await models('verify', id, '--models', join(dir, 'models'));
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('self-check 自检: ok') });
  });

  test.each([
    [
      'labels of another list',
      'SSD of TensorFlow with COCO’s own numbers',
      ['--labels', 'coco'],
      'motorcycle',
    ],
    [
      'boxes of another unit',
      'SSD of TensorFlow with COCO’s own numbers',
      ['--boxes', 'yxyx,pixels'],
      'none',
    ],
    ['another decoder', 'YOLOX with decode-in-inference', ['--decoder', 'yolox'], 'none'],
  ])('%s is said, and is no self-check', async (claim, name, args, words) => {
    const brought = EXPORTS[name];
    if (brought === undefined) throw new Error(name);
    const id = claim.replaceAll(' ', '-');
    const added = await add(id, { ...brought, args: [...brought.args, ...args] });
    expect(added.out).toContain('Found none of the 4 cars');
    expect(added.out).toContain(words);
    expect(readFileSync(join(dir, 'models', id, 'card.yaml'), 'utf8')).not.toContain('selfCheck');
  });
});

describe('what cannot be used is refused with the remedy', () => {
  const rows = tensor([1, 84, 8400]);
  const halves = new Uint16Array(84 * 8400);
  const yolov8 = ['--decoder', 'yolov8', '--labels', 'coco'];
  const refused: Readonly<Record<string, readonly [Omit<Export, 'args'>, readonly string[], string]>> = {
    'half precision': [
      {
        inputs: { images: { type: 'float16', dims: [1, 3, SIDE, SIDE] } },
        outputs: { output0: { dims: rows.dims, data: halves } },
      },
      yolov8,
      'half=False',
    ],
    'half precision at the end only': [
      { inputs: { images: PLANES }, outputs: { output0: { dims: rows.dims, data: halves } } },
      yolov8,
      'export it without half precision',
    ],
    'sixteen pictures at a time': [
      {
        inputs: { images: { type: 'float32', dims: [16, 3, SIDE, SIDE] } },
        outputs: { output0: tensor([16, 84, 10]) },
      },
      yolov8,
      'batch=1',
    ],
    'weights in a second file': [
      { inputs: { images: PLANES }, outputs: { output0: { ...rows, beside: 'net.onnx.data' } } },
      yolov8,
      'onnx.save(onnx.load(',
    ],
    'a net that does not compute a picture': [
      {
        inputs: { images: PLANES, mask: { type: 'float16', dims: [1] } },
        outputs: { head: tensor([1, 3, 8, 8, 85]) },
      },
      yolov8,
      'does not compute a picture: Unexpected input data type',
    ],
    'boxes of no format': [
      { inputs: { images: PLANES }, outputs: { output0: rows } },
      [...yolov8, '--boxes', 'corners'],
      'cxcywh,fraction',
    ],
  };
  test.each(Object.entries(refused))('%s', async (name, [net, args, remedy]) => {
    const said = await add(name.replaceAll(' ', '-'), { ...net, args });
    expect(said.code).toBe(1);
    expect(said.error.replaceAll(/\s+/g, ' ')).toContain(remedy);
  });
});
