/** What every terminal at a cabinet shows side by side. */
export const SCREEN_COLUMNS = 80;

/** Columns as wide as their widest cell, two spaces apart; a Chinese character is two columns wide. */
export function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** Columns that a text takes on a terminal (CJK ideographs and full-width forms take two). */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The text, cut with `…` where it is wider than so many columns. */
export function fitWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/**
 * Breaks a text into lines of at most `columns`: between words, and between any two Chinese characters. What
 * the text is indented by, its first line is.
 *
 * @param indent what the second and all further lines begin with
 */
export function wrapText(text: string, columns: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = / */.exec(text)?.[0] ?? '';
  for (const piece of text.trimStart().match(/ *(?:[^ \u2e80-\uffef]+|[\u2e80-\uffef])/gu) ?? []) {
    if (displayWidth(line + piece) <= columns || line.trim() === '') {
      line += piece;
      continue;
    }
    lines.push(line);
    line = indent + piece.trimStart();
  }
  return line.trim() === '' ? lines : [...lines, line];
}

function widthOf(character: string): 1 | 2 {
  return /[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u.test(character)
    ? 2
    : 1;
}
