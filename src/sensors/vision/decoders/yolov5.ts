import { type DecodingRules, type Detection, detectionsOf } from '../detections.ts';
import { boxAt, MIDDLE_IN_PIXELS } from './box-format.ts';
import { type NetOutputs, type NetShape, outputOf, rowsOf } from './net-outputs.ts';

/** cx, cy, width, height, objectness; then the classes. */
const FIRST_CLASS = 5;
const OBJECTNESS = 4;

export function yolov5Columns(net: NetShape): number {
  return FIRST_CLASS + net.classes;
}

/**
 * YOLOv5's ONNX export (ultralytics/yolov5 export.py): [1, boxes, 5 + classes] of box middle and size in pixels,
 * objectness and classes after their sigmoid. The score of a class is objectness × class.
 */
export function decodeYolov5(
  outputs: NetOutputs,
  net: NetShape,
  options: DecodingRules,
): readonly Detection[] {
  const { data, dims } = outputOf(outputs, 'rows');
  const columns = yolov5Columns(net);
  const value = (row: number, column: number): number => data[row * columns + column] ?? 0;
  return detectionsOf(
    {
      count: rowsOf({ data, dims }, columns),
      scoreAt: (row, label) => value(row, OBJECTNESS) * value(row, FIRST_CLASS + label),
      boxAt: (row) => boxAt(data, { at: row * columns }, MIDDLE_IN_PIXELS, net),
    },
    options,
  );
}
