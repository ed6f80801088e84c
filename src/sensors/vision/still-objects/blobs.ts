/** Cells that hang together, with the rectangle around them in cells: x1, y1 within, x2, y2 just without. */
export interface Blob {
  readonly cells: readonly number[];
  readonly box: readonly [number, number, number, number];
}

/** Groups the marked cells by their eight neighbours. */
export function blobsOf(
  marked: Uint8Array,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly Blob[] {
  const left = Uint8Array.from(marked);
  const blobs: Blob[] = [];
  for (let start = 0; start < left.length; start += 1) {
    if (left[start] !== 1) continue;
    const cells: number[] = [start];
    left[start] = 0;
    let [x1, y1, x2, y2] = [columns, rows, 0, 0];
    for (let index = 0; index < cells.length; index += 1) {
      const at = cells[index] ?? 0;
      const column = at % columns;
      const row = (at - column) / columns;
      [x1, y1] = [Math.min(x1, column), Math.min(y1, row)];
      [x2, y2] = [Math.max(x2, column + 1), Math.max(y2, row + 1)];
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
          const next = y * columns + x;
          if (left[next] !== 1) continue;
          left[next] = 0;
          cells.push(next);
        }
      }
    }
    blobs.push({ cells, box: [x1, y1, x2, y2] });
  }
  return blobs;
}
