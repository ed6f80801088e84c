import type { BoxFormat } from '../../../base/detector-outputs.ts';
import { type DecodingRules, type Detection, detectionsOf } from '../detections.ts';
import { boxAt, CORNERS_IN_PIXELS } from './box-format.ts';
import { type NetOutputs, type NetShape, outputOf, rowsOf } from './net-outputs.ts';

const BOX_COLUMNS = 4;

export function classScoreColumns(net: NetShape): number {
  return BOX_COLUMNS + net.classes;
}

/**
 * Rows of a box and one score for each label, in any order: what the shipped model's file says, and what
 * Ultralytics' RT-DETR export says with boxes `cxcywh` in fractions.
 */
export function decodeClassScoreRows(
  outputs: NetOutputs,
  net: NetShape,
  options: DecodingRules & { readonly boxes?: BoxFormat },
): readonly Detection[] {
  const rows = outputOf(outputs, 'rows');
  const columns = classScoreColumns(net);
  const format = options.boxes ?? CORNERS_IN_PIXELS;
  return detectionsOf(
    {
      count: rowsOf(rows, columns),
      scoreAt: (row, label) => rows.data[row * columns + BOX_COLUMNS + label] ?? 0,
      boxAt: (row) => boxAt(rows.data, { at: row * columns }, format, net),
    },
    options,
  );
}
