/** The edges of a small grey picture: per cell how strongly and towards where the brightness rises, 0 to 1. */
export interface EdgeField {
  readonly columns: number;
  readonly rows: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/**
 * Levels at which an edge counts half. Saturated edges compare alike in sun and shade, and a headlight weighs no
 * more than a kerb.
 */
const HALF_LEVELS = 8;

export function edgesOf(picture: {
  readonly columns: number;
  readonly rows: number;
  readonly grey: Float32Array;
}): EdgeField {
  const { columns, rows, grey } = picture;
  const x = new Float32Array(columns * rows);
  const y = new Float32Array(columns * rows);
  for (let row = 1; row < rows - 1; row += 1) {
    for (let column = 1; column < columns - 1; column += 1) {
      const at = row * columns + column;
      const across = (grey[at + 1] ?? 0) - (grey[at - 1] ?? 0);
      const along = (grey[at + columns] ?? 0) - (grey[at - columns] ?? 0);
      const share = 1 / (Math.sqrt(across * across + along * along) + HALF_LEVELS);
      x[at] = across * share;
      y[at] = along * share;
    }
  }
  return { columns, rows, x, y };
}

/** The same at half the size. */
export function halved(field: EdgeField): EdgeField {
  const columns = field.columns >> 1;
  const rows = field.rows >> 1;
  const half = (axis: Float32Array): Float32Array => {
    const smaller = new Float32Array(columns * rows);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const at = 2 * (row * field.columns + column);
        const upper = (axis[at] ?? 0) + (axis[at + 1] ?? 0);
        const lower = (axis[at + field.columns] ?? 0) + (axis[at + field.columns + 1] ?? 0);
        smaller[row * columns + column] = (upper + lower) / 4;
      }
    }
    return smaller;
  };
  return { columns, rows, x: half(field.x), y: half(field.y) };
}
