import type { Box } from '../box.ts';
import { type DecodingRules, type Detection, detectionsOf } from '../detections.ts';
import { boxFrom, MIDDLE_IN_PIXELS } from './box-format.ts';
import { type NetOutputs, type NetShape, outputOf } from './net-outputs.ts';

/** Input pixels to a cell, in the order of the rows (Megvii YOLOX, `demo_postprocess` with p6=False). */
const STRIDES = [8, 16, 32] as const;
/** cx, cy, width, height, objectness; then the classes. */
const FIRST_CLASS = 5;
const OBJECTNESS = 4;

export function yoloxColumns(net: NetShape): number {
  return FIRST_CLASS + net.classes;
}

/** Rows: one for each cell of each stride. */
export function yoloxCells(net: Pick<NetShape, 'widthPx' | 'heightPx'>): number {
  return STRIDES.reduce(
    (cells, stride) => cells + Math.floor(net.widthPx / stride) * Math.floor(net.heightPx / stride),
    0,
  );
}

/**
 * YOLOX's ONNX export (Megvii-BaseDetection/YOLOX tools/export_onnx.py, without `--decode_in_inference`):
 * [1, cells, 5 + classes], row by row of the grids. A box stands relative to its cell and in units of its
 * stride, sizes as logarithms; objectness and classes are after their sigmoid.
 */
export function decodeYolox(
  outputs: NetOutputs,
  net: NetShape,
  options: DecodingRules,
): readonly Detection[] {
  const { data } = outputOf(outputs, 'rows');
  const columns = yoloxColumns(net);
  const value = (row: number, column: number): number => data[row * columns + column] ?? 0;
  const cellAt = createGrid(net);
  return detectionsOf(
    {
      count: yoloxCells(net),
      scoreAt: (row, label) => value(row, OBJECTNESS) * value(row, FIRST_CLASS + label),
      boxAt(row): Box {
        const { column, line, stride } = cellAt(row);
        const middleX = (value(row, 0) + column) * stride;
        const middleY = (value(row, 1) + line) * stride;
        const size = [Math.exp(value(row, 2)) * stride, Math.exp(value(row, 3)) * stride] as const;
        return boxFrom([middleX, middleY, ...size], MIDDLE_IN_PIXELS, net);
      },
    },
    options,
  );
}

interface Cell {
  readonly column: number;
  readonly line: number;
  readonly stride: number;
}

/** Which cell of which grid a row is about. */
export function createGrid(net: Pick<NetShape, 'widthPx' | 'heightPx'>): (row: number) => Cell {
  let first = 0;
  const grids = STRIDES.map((stride) => {
    const columns = Math.floor(net.widthPx / stride);
    const grid = { stride, columns, first };
    first += columns * Math.floor(net.heightPx / stride);
    return grid;
  });
  return (row) => {
    const grid = grids.findLast((each) => row >= each.first);
    if (grid === undefined) throw new RangeError(`row ${row} lies in no grid`);
    const within = row - grid.first;
    return {
      column: within % grid.columns,
      line: Math.floor(within / grid.columns),
      stride: grid.stride,
    };
  };
}
