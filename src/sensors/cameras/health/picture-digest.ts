import type { PicturePlacement } from '../../vision/camera-picture.ts';

/**
 * What the judges of a picture look at: a small grey picture of about 100 cells across. Grey is the green plane,
 * which carries seven tenths of the brightness (ITU-R BT.709) and costs a third of the reading.
 */
export interface PictureDigest {
  readonly columns: number;
  readonly rows: number;
  /** Mean of each cell, 0 to 255, row by row. */
  readonly grey: Float32Array;
  /** One pixel of each cell as it is: it keeps the noise that a mean takes away. */
  readonly grain: Uint8Array;
  /** Of each block of cells: mean squared step between neighbouring pixels. */
  readonly fine: Float32Array;
  readonly blocks: BlockGrid;
}

/** Blocks of BLOCK_CELLS x BLOCK_CELLS cells; what is left over at the right and below belongs to none. */
export interface BlockGrid {
  readonly columns: number;
  readonly rows: number;
}

export const BLOCK_CELLS = 8;
const WANTED_COLUMNS = 100;
/** Every second line is enough for means over blocks. */
const LINE_STEP = 2;

/** @param pixels planar G, B, R of the net's input; what lies outside the scaled crop is left out */
export function digestPicture(
  pixels: Uint8Array,
  placement: Pick<PicturePlacement, 'netWidthPx' | 'scaledWidthPx' | 'scaledHeightPx'>,
): PictureDigest {
  const cellPx = Math.max(1, Math.round(placement.scaledWidthPx / WANTED_COLUMNS));
  const columns = Math.floor(placement.scaledWidthPx / cellPx);
  const rows = Math.floor(placement.scaledHeightPx / cellPx);
  const blocks = { columns: Math.floor(columns / BLOCK_CELLS), rows: Math.floor(rows / BLOCK_CELLS) };
  const size = { columns, rows, cellPx, linePx: placement.netWidthPx };
  return {
    ...{ columns, rows, blocks },
    grey: cellMeans(pixels, size),
    grain: cellCentres(pixels, size),
    fine: fineSteps(pixels, { ...size, blocks }),
  };
}

interface CellSize {
  readonly columns: number;
  readonly rows: number;
  readonly cellPx: number;
  readonly linePx: number;
}

function cellMeans(pixels: Uint8Array, { columns, rows, cellPx, linePx }: CellSize): Float32Array {
  const grey = new Float32Array(columns * rows);
  const share = 1 / (cellPx * cellPx);
  for (let y = 0; y < rows * cellPx; y += 1) {
    const cellRow = Math.floor(y / cellPx) * columns;
    for (let column = 0, at = y * linePx; column < columns; column += 1) {
      let sum = 0;
      for (let end = at + cellPx; at < end; at += 1) sum += pixels[at] ?? 0;
      grey[cellRow + column] = (grey[cellRow + column] ?? 0) + sum * share;
    }
  }
  return grey;
}

function cellCentres(pixels: Uint8Array, { columns, rows, cellPx, linePx }: CellSize): Uint8Array {
  const grain = new Uint8Array(columns * rows);
  const centre = cellPx >> 1;
  for (let row = 0; row < rows; row += 1) {
    const line = (row * cellPx + centre) * linePx + centre;
    for (let column = 0; column < columns; column += 1) {
      grain[row * columns + column] = pixels[line + column * cellPx] ?? 0;
    }
  }
  return grain;
}

function fineSteps(pixels: Uint8Array, size: CellSize & { readonly blocks: BlockGrid }): Float32Array {
  const { blocks, linePx } = size;
  const sidePx = BLOCK_CELLS * size.cellPx;
  const fine = new Float32Array(blocks.columns * blocks.rows);
  const share = LINE_STEP / (2 * (sidePx - 1) * sidePx);
  for (let y = 0; y < blocks.rows * sidePx; y += LINE_STEP) {
    const blockRow = Math.floor(y / sidePx) * blocks.columns;
    // The last line of a block has its neighbour in the next one.
    const down = y % sidePx === sidePx - 1 ? -linePx : linePx;
    for (let block = 0; block < blocks.columns; block += 1) {
      let sum = 0;
      const from = y * linePx + block * sidePx;
      for (let at = from; at < from + sidePx - 1; at += 1) {
        const here = pixels[at] ?? 0;
        const across = (pixels[at + 1] ?? 0) - here;
        const along = (pixels[at + down] ?? 0) - here;
        sum += across * across + along * along;
      }
      fine[blockRow + block] = (fine[blockRow + block] ?? 0) + sum * share;
    }
  }
  return fine;
}
