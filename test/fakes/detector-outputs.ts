import type { BoxFormat, DecoderName } from '../../src/base/detector-outputs.ts';
import type { Box } from '../../src/sensors/vision/box.ts';
import type { NetOutputs, NetShape, OutputTensor } from '../../src/sensors/vision/decoders/net-outputs.ts';

/*
 * What a net of each family says of boxes that are known, written by the family's public definition.
 */
export const LABELS: readonly string[] = [
  'background',
  'person',
  'bicycle',
  'car',
  'motorcycle',
  'bus',
  'kite',
  'truck',
];
export const NET: NetShape = { widthPx: 416, heightPx: 256, classes: LABELS.length };

export interface Truth {
  readonly box: Box;
  readonly label: string;
  readonly score: number;
}

const tensor = (dims: readonly number[]): OutputTensor => ({
  dims,
  data: new Float32Array(dims.reduce((product, side) => product * side, 1)),
});
const middleOf = ([x1, y1, x2, y2]: Box): readonly [number, number, number, number] => [
  (x1 + x2) / 2,
  (y1 + y2) / 2,
  x2 - x1,
  y2 - y1,
];
const fractionsOf = ([a, b, c, d]: readonly [number, number, number, number]): readonly number[] => [
  a / NET.widthPx,
  b / NET.heightPx,
  c / NET.widthPx,
  d / NET.heightPx,
];
const logitOf = (share: number): number => Math.log(share / (1 - share));

/** Rows of values, [1, rows, columns]; rows that are not given claim nothing. */
function rowsTensor(
  rows: ReadonlyMap<number, readonly number[]>,
  size: readonly [number, number],
): OutputTensor {
  const output = tensor([1, ...size]);
  for (const [row, values] of rows) output.data.set(values, row * size[1]);
  return output;
}

const scoresOf = ({ label, score }: Truth): readonly number[] =>
  LABELS.map((each) => (each === label ? score : 0));
const byRow = (rows: readonly (readonly number[])[]): ReadonlyMap<number, readonly number[]> =>
  new Map(rows.map((row, index) => [3 * index, row]));

/** The cell of a stride that a box's middle lies in, counted over the grids of stride 8, 16 and 32. */
function yoloxRow(box: Box, stride: number): { readonly row: number; readonly values: readonly number[] } {
  const before = [8, 16, 32].filter((each) => each < stride);
  const first = before.reduce((sum, each) => sum + (NET.widthPx / each) * (NET.heightPx / each), 0);
  const [x, y, width, height] = middleOf(box);
  const [column, line] = [Math.floor(x / stride), Math.floor(y / stride)];
  return {
    row: first + line * (NET.widthPx / stride) + column,
    values: [x / stride - column, y / stride - line, Math.log(width / stride), Math.log(height / stride)],
  };
}

const OBJECTNESS = 0.9;
const rowWithObjectness = (truth: Truth): readonly number[] => [
  ...middleOf(truth.box),
  OBJECTNESS,
  ...scoresOf({ ...truth, score: truth.score / OBJECTNESS }),
];
export const ENCODERS: Readonly<Record<DecoderName, (truths: readonly Truth[]) => NetOutputs>> = {
  'detections-with-class-scores': (truths) => ({
    rows: rowsTensor(
      new Map(truths.map((truth, index) => [index, [...truth.box, ...scoresOf(truth)]])),
      [20, 12],
    ),
  }),
  yolox(truths) {
    const rows = truths.map((truth, index) => {
      const { row, values } = yoloxRow(truth.box, [8, 16, 32][index % 3] ?? 8);
      return [
        row,
        [...values, OBJECTNESS, ...scoresOf({ ...truth, score: truth.score / OBJECTNESS })],
      ] as const;
    });
    return { rows: rowsTensor(new Map(rows), [2184, 13]) };
  },
  'yolox-decoded': (truths) => ({ rows: rowsTensor(byRow(truths.map(rowWithObjectness)), [2184, 13]) }),
  yolov5: (truths) => ({ rows: rowsTensor(byRow(truths.map(rowWithObjectness)), [6552, 13]) }),
  yolov8(truths) {
    const output = tensor([1, 12, 2184]);
    truths.forEach((truth, index) => {
      [...middleOf(truth.box), ...scoresOf(truth)].forEach((value, row) => {
        output.data[row * 2184 + 7 * index] = value;
      });
    });
    return { rows: output };
  },
  yolov10: (truths) => ({
    rows: rowsTensor(
      new Map(
        truths.map(
          ({ box, score, label }, index) => [index, [...box, score, LABELS.indexOf(label)]] as const,
        ),
      ),
      [300, 6],
    ),
  }),
  detr(truths) {
    const boxes = tensor([1, 300, 4]);
    const scores = tensor([1, 300, LABELS.length]);
    scores.data.fill(-10);
    truths.forEach((truth, index) => {
      boxes.data.set(fractionsOf(middleOf(truth.box)), 4 * index);
      scores.data.set(
        scoresOf(truth).map((score) => (score === 0 ? -10 : logitOf(score))),
        LABELS.length * index,
      );
    });
    return { boxes, scores };
  },
  ssd(truths) {
    const boxes = tensor([1, 100, 4]);
    const scores = tensor([1, 100, LABELS.length]);
    truths.forEach((truth, index) => {
      boxes.data.set(truth.box, 4 * index);
      scores.data.set(scoresOf(truth), LABELS.length * index);
    });
    return { boxes, scores };
  },
};

/** Boxes and one label for each, as after the authors' own post-processing. */
export function labelled(truths: readonly Truth[], format: BoxFormat): NetOutputs {
  const outputs = { boxes: tensor([1, 100, 4]), scores: tensor([1, 100]), labels: tensor([1, 100]) };
  truths.forEach(({ box: [x1, y1, x2, y2], label, score }, index) => {
    const corners =
      format.corners === 'yxyx'
        ? [y1 / NET.heightPx, x1 / NET.widthPx, y2 / NET.heightPx, x2 / NET.widthPx]
        : [x1, y1, x2, y2];
    outputs.boxes.data.set(corners, 4 * index);
    outputs.scores.data[index] = score;
    outputs.labels.data[index] = LABELS.indexOf(label);
  });
  return outputs;
}
