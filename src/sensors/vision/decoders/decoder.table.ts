import type { BoxFormat, DecoderName } from '../../../base/detector-outputs.ts';
import type { DecodingRules, Detection } from '../detections.ts';
import { decodeDetr, decodeSsd } from './boxes-and-scores.ts';
import { classScoreColumns, decodeClassScoreRows } from './class-score-rows.ts';
import type { ExpectedDims, NetOutputs, NetShape, OutputRole } from './net-outputs.ts';
import { decodeYolov5, yolov5Columns } from './yolov5.ts';
import { decodeYolov8, yolov8Rows } from './yolov8.ts';
import { decodeYolov10, YOLOV10_COLUMNS } from './yolov10.ts';
import { decodeYolox, yoloxCells, yoloxColumns } from './yolox.ts';

/** How the outputs of one family are checked and read. */
export interface Decoder {
  /** The outputs that a net of this family has, with their dimensions, for the roles that its card names. */
  expected(net: NetShape, roles: readonly OutputRole[]): Readonly<Partial<Record<OutputRole, ExpectedDims>>>;
  decode(
    outputs: NetOutputs,
    net: NetShape,
    options: DecodingRules & { readonly boxes?: BoxFormat },
  ): readonly Detection[];
}

const boxesAndScores: Decoder['expected'] = (net, roles) =>
  roles.includes('labels')
    ? { boxes: ['n', 4], scores: ['n'], labels: ['n'] }
    : { boxes: ['n', 4], scores: ['n', net.classes] };

export const DECODERS: Readonly<Record<DecoderName, Decoder>> = {
  'detections-with-class-scores': {
    expected: (net) => ({ rows: ['n', classScoreColumns(net)] }),
    decode: decodeClassScoreRows,
  },
  yolox: {
    expected: (net) => ({ rows: [yoloxCells(net), yoloxColumns(net)] }),
    decode: decodeYolox,
  },
  // With `--decode_in_inference` the boxes are in pixels, and a row is what a YOLOv5 says.
  'yolox-decoded': {
    expected: (net) => ({ rows: [yoloxCells(net), yoloxColumns(net)] }),
    decode: decodeYolov5,
  },
  yolov5: {
    expected: (net) => ({ rows: ['n', yolov5Columns(net)] }),
    decode: decodeYolov5,
  },
  yolov8: {
    expected: (net) => ({ rows: [yolov8Rows(net), 'n'] }),
    decode: decodeYolov8,
  },
  yolov10: {
    expected: () => ({ rows: ['n', YOLOV10_COLUMNS] }),
    decode: decodeYolov10,
  },
  detr: { expected: boxesAndScores, decode: decodeDetr },
  ssd: { expected: boxesAndScores, decode: decodeSsd },
};
