import { type DecodingRules, type Detection, detectionsOf } from '../detections.ts';
import { boxAt, CORNERS_IN_PIXELS } from './box-format.ts';
import { type NetOutputs, type NetShape, outputOf, rowsOf } from './net-outputs.ts';

const SCORE = 4;
const LABEL = 5;
/** x1, y1, x2, y2 in pixels, score, label. */
export const YOLOV10_COLUMNS = 6;

/**
 * YOLOs that say each road user once: YOLOv10, and newer ones that Ultralytics exports end to end (or with
 * `nms=True`): [1, rows, 6]. Nothing is suppressed.
 */
export function decodeYolov10(
  outputs: NetOutputs,
  net: NetShape,
  options: DecodingRules,
): readonly Detection[] {
  const rows = outputOf(outputs, 'rows');
  const value = (row: number, column: number): number => rows.data[row * YOLOV10_COLUMNS + column] ?? 0;
  return detectionsOf(
    {
      count: rowsOf(rows, YOLOV10_COLUMNS),
      scoreAt: (row, label) => (value(row, LABEL) === label ? value(row, SCORE) : 0),
      boxAt: (row) => boxAt(rows.data, { at: row * YOLOV10_COLUMNS }, CORNERS_IN_PIXELS, net),
    },
    { ...options, iouThreshold: null },
  );
}
