import { type DecodingRules, type Detection, detectionsOf } from '../detections.ts';
import { boxAt, MIDDLE_IN_PIXELS } from './box-format.ts';
import { type NetOutputs, type NetShape, outputOf, rowsOf } from './net-outputs.ts';

const FIRST_CLASS = 4;

export function yolov8Rows(net: NetShape): number {
  return FIRST_CLASS + net.classes;
}

/**
 * YOLOv8's and v11's ONNX export (ultralytics, `format=onnx`, without `nms`): [1, 4 + classes, boxes], one
 * column a box: middle and size in pixels, then the classes after their sigmoid. There is no objectness.
 */
export function decodeYolov8(
  outputs: NetOutputs,
  net: NetShape,
  options: DecodingRules,
): readonly Detection[] {
  const rows = outputOf(outputs, 'rows');
  const boxes = rowsOf(rows, yolov8Rows(net));
  return detectionsOf(
    {
      count: boxes,
      scoreAt: (box, label) => rows.data[(FIRST_CLASS + label) * boxes + box] ?? 0,
      boxAt: (box) => boxAt(rows.data, { at: box, step: boxes }, MIDDLE_IN_PIXELS, net),
    },
    options,
  );
}
