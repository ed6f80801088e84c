import { styleText } from 'node:util';
import { SCREEN_COLUMNS, wrapText } from './text-table.ts';

/** Something that works and will disappoint, as a technician reads it; yellow on a terminal. */
export function warningLines(warning: {
  readonly place: string;
  readonly message: string;
  readonly hint: string;
  readonly chinese: string;
}): readonly string[] {
  const { place, message, hint, chinese } = warning;
  return [`warning 提示: ${place}`, `  ${message}`, `  → ${hint}`, `  → ${chinese}`]
    .flatMap((line) => wrapText(line, SCREEN_COLUMNS, '    '))
    .map((line) => styleText('yellow', line));
}
