import type { BoxFormat, DecoderName } from '../../../base/detector-outputs.ts';
import type { NetShape, OutputRole } from './net-outputs.ts';
import { yoloxCells } from './yolox.ts';

/** A family whose decoder could read a net's outputs. */
export interface Family {
  readonly decoder: DecoderName;
  /** Labels that the outputs have room for; null where the outputs do not say. */
  readonly classes: number | null;
  /** Names of the outputs, where there is more than one. */
  readonly outputs: Readonly<Partial<Record<OutputRole, string>>>;
  /** How its boxes are written, where the names of the outputs tell. */
  readonly boxes?: BoxFormat;
}

interface Output {
  readonly name: string;
  readonly type?: string;
  readonly dims: readonly (number | string)[];
}

const BOX = 4;
/** A box, its score and its label. */
const LABELLED_COLUMNS = 6;
/** Before v6.2, YOLOv5's export added its three heads, [1, anchors, lines, columns, values], to what they amount to. */
const HEAD_RANK = 5;
/** TensorFlow's Object Detection API names its outputs so, and writes its boxes so. */
const TENSORFLOW_BOXES = /^detection_boxes\b/;
const TENSORFLOW_FORMAT: BoxFormat = { corners: 'yxyx', unit: 'fraction' };

/**
 * The families whose outputs have such dimensions. Several may: dimensions do not tell logits from scores, nor
 * boxes in pixels from boxes in fractions, so a person has to choose.
 */
export function familiesOf(
  outputs: readonly Output[],
  net: Pick<NetShape, 'widthPx' | 'heightPx'>,
): readonly Family[] {
  const [only, ...more] = outputs.filter(({ dims }) => dims.length < HEAD_RANK);
  const named = outputs.length > 1 && only !== undefined ? { rows: only.name } : {};
  const single = more.length === 0 && only !== undefined ? rowFamilies(only, net) : [];
  return [...single.map((family) => ({ ...family, outputs: named })), ...boxFamilies(outputs)];
}

function rowFamilies({ dims }: Output, net: Pick<NetShape, 'widthPx' | 'heightPx'>): readonly Family[] {
  const [rows, columns] = withoutBatch(dims, 2);
  if (typeof rows !== 'number' || typeof columns !== 'number') return [];
  const family = (decoder: DecoderName, classes: number, fits: boolean): readonly Family[] =>
    fits && classes >= 1 ? [{ decoder, classes, outputs: {} }] : [];
  return [
    ...(columns === LABELLED_COLUMNS ? [{ decoder: 'yolov10', classes: null, outputs: {} } as const] : []),
    ...family('yolox', columns - 5, rows === yoloxCells(net)),
    ...family('yolox-decoded', columns - 5, rows === yoloxCells(net)),
    // A YOLO has more boxes than values for each.
    ...family('yolov5', columns - 5, rows > columns),
    ...family('yolov8', rows - BOX, columns > rows),
    ...family('detections-with-class-scores', columns - BOX, rows > columns),
  ];
}

function boxFamilies(outputs: readonly Output[]): readonly Family[] {
  const boxes = outputs.find(({ dims }) => withoutBatch(dims, 2)[1] === BOX);
  if (boxes === undefined) return [];
  const [count] = withoutBatch(boxes.dims, 2);
  const others = outputs.filter((each) => each !== boxes);
  const perClass = others.find(({ dims }) => {
    const [rows, columns] = withoutBatch(dims, 2);
    return columns !== undefined && rows === count;
  });
  if (perClass !== undefined) {
    const columns = withoutBatch(perClass.dims, 2)[1];
    const classes = typeof columns === 'number' ? columns : null;
    return both({ boxes: boxes.name, scores: perClass.name }, classes);
  }
  const perBox = others.filter(({ dims }) => withoutBatch(dims, 1)[0] === count);
  const find = (word: RegExp, type: RegExp): string | undefined =>
    (others.find(({ name }) => word.test(name)) ?? perBox.find((each) => type.test(each.type ?? '')))?.name;
  // torch.onnx.export numbers the outputs that nobody named: then their types tell.
  const [scores, labels] = [find(/scores?/i, /^float/), find(/labels?|classes/i, /^int/)];
  return scores === undefined || labels === undefined
    ? []
    : both({ boxes: boxes.name, scores, labels }, null);
}

function both(outputs: Family['outputs'], classes: number | null): readonly Family[] {
  const format = TENSORFLOW_BOXES.test(outputs.boxes ?? '') ? { boxes: TENSORFLOW_FORMAT } : {};
  return (['detr', 'ssd'] as const).map((decoder) => ({ decoder, classes, outputs, ...format }));
}

/** The last dimensions of an output of so many, or nothing when it has others than a batch of one before them. */
function withoutBatch(dims: Output['dims'], rank: number): Output['dims'] {
  if (dims.length === rank) return dims;
  return dims.length === rank + 1 && (dims[0] === 1 || typeof dims[0] === 'string') ? dims.slice(1) : [];
}
