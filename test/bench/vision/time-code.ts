/**
 * The number of each picture as a row of black and white cells in its upper left corner: a white cell, a black
 * cell, the bits from the lowest, their parity. It survives coding and scaling, so that whoever shows a picture
 * can say which one it is. opencv-reader.py reads the same.
 */

/** Side of a cell in a picture of PICTURE_WIDTH_PX. */
const CELL_PX = 48;
const PICTURE_WIDTH_PX = 1920;
const BITS = 9;
const WHITE_FROM = 128;

/** More pictures than this cannot be told apart. */
export const TIME_CODE_LIMIT = 2 ** BITS;

/** Filters of ffmpeg that draw each picture's number, counted from 0 where they stand in the chain. */
export function timeCodeFilters(): readonly string[] {
  const bits = Array.from({ length: BITS }, (_, bit) => `floor(n/${2 ** bit})`);
  const whites = ['1', '0', ...bits.map((bit) => `mod(${bit},2)`), `mod(${bits.join('+')},2)`];
  const cell = (at: number, colour: string): string =>
    `drawbox=x=${at * CELL_PX}:y=0:w=${CELL_PX}:h=${CELL_PX}:t=fill:color=${colour}`;
  return whites.flatMap((enable, at) => [cell(at, 'black'), `${cell(at, 'white')}:enable='${enable}'`]);
}

/**
 * The number in one plane of a picture that was scaled as a whole, or null when there is none.
 *
 * @param plane rows of `rowPx` values, of which the first `widthPx` are the picture
 */
export function readTimeCode(
  plane: Uint8Array,
  size: { readonly rowPx: number; readonly widthPx: number },
): number | null {
  const cellPx = (CELL_PX * size.widthPx) / PICTURE_WIDTH_PX;
  const middle = (cell: number): number => Math.floor((cell + 0.5) * cellPx);
  const isWhite = (cell: number): boolean =>
    (plane[middle(0) * size.rowPx + middle(cell)] ?? 0) >= WHITE_FROM;
  if (!isWhite(0) || isWhite(1)) return null;
  const set = Array.from({ length: BITS }, (_, bit) => isWhite(2 + bit));
  const isOdd = set.filter(Boolean).length % 2 === 1;
  if (isOdd !== isWhite(2 + BITS)) return null;
  return set.reduce((number, bit, at) => number + (bit ? 2 ** at : 0), 0);
}
