import type { PicturePlacement } from '../camera-picture.ts';

/** Side of one cell, in pixels of the net's input. */
export const CELL_PX = 2;

/** A small grey picture of what the net is given, row by row, 0 to 255. */
export interface GreyPicture {
  readonly columns: number;
  readonly rows: number;
  readonly grey: Float32Array;
}

/**
 * Cell means of the green plane, which carries seven tenths of the brightness (ITU-R BT.709).
 *
 * @param pixels planar G, B, R of the net's input; what lies outside the scaled crop is left out
 */
export function greyPictureOf(
  pixels: Uint8Array,
  placement: Pick<PicturePlacement, 'netWidthPx' | 'scaledWidthPx' | 'scaledHeightPx'>,
): GreyPicture {
  const { netWidthPx } = placement;
  const columns = Math.floor(placement.scaledWidthPx / CELL_PX);
  const rows = Math.floor(placement.scaledHeightPx / CELL_PX);
  const grey = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row += 1) {
    const upper = row * CELL_PX * netWidthPx;
    const lower = upper + netWidthPx;
    for (let column = 0; column < columns; column += 1) {
      const x = column * CELL_PX;
      const sum =
        (pixels[upper + x] ?? 0) +
        (pixels[upper + x + 1] ?? 0) +
        (pixels[lower + x] ?? 0) +
        (pixels[lower + x + 1] ?? 0);
      grey[row * columns + column] = sum / 4;
    }
  }
  return { columns, rows, grey };
}

/** Ratios are gathered in steps of a hundredth of their logarithm. */
const STEPS_PER_LOG = 100;
const LOG_REACH = 2;
/** Every so many cells, enough for a median. */
const STRIDE = 7;
/** Darker cells say nothing about the light. */
const DARKEST = 12;

/** How much brighter one picture is than another: the median of the cells' ratios. */
export function lightRatio(grey: Float32Array, than: Float32Array, hidden: Uint8Array): number {
  const bins = new Uint32Array(2 * LOG_REACH * STEPS_PER_LOG + 1);
  let total = 0;
  for (let at = 0; at < grey.length; at += STRIDE) {
    const here = grey[at] ?? 0;
    const there = than[at] ?? 0;
    if (hidden[at] === 1 || here < DARKEST || there < DARKEST) continue;
    const log = Math.max(-LOG_REACH, Math.min(LOG_REACH, Math.log(here / there)));
    const bin = Math.round((log + LOG_REACH) * STEPS_PER_LOG);
    bins[bin] = (bins[bin] ?? 0) + 1;
    total += 1;
  }
  let seen = 0;
  for (let bin = 0; bin < bins.length && total > 0; bin += 1) {
    seen += bins[bin] ?? 0;
    if (2 * seen >= total) return Math.exp(bin / STEPS_PER_LOG - LOG_REACH);
  }
  return 1;
}
