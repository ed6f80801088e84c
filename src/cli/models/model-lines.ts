import { assertNever } from '../../base/assert-never.ts';
import { alignColumns, fitWidth, SCREEN_COLUMNS, wrapText } from '../text-table.ts';
import { type HashedFile, licenceText, type ModelFile } from './model-folder.ts';

const INDENT = '    ';

/** A model as `models list --json` says it. */
export interface ModelRow {
  readonly model: string;
  readonly decoder: string | null;
  readonly input: string | null;
  readonly licence: string | null;
  readonly files: readonly HashedFile[];
  readonly problem: string | null;
}

export function modelRow({ id, loaded }: ModelFile, files: readonly HashedFile[]): ModelRow {
  switch (loaded.kind) {
    case 'available': {
      const { decoder, input } = loaded.card;
      const size = `${input.widthPx}x${input.heightPx}`;
      return { model: id, decoder, input: size, licence: licenceText(loaded), files, problem: null };
    }
    case 'unavailable': {
      const problem = loaded.problem.message;
      return { model: id, decoder: null, input: null, licence: null, files, problem };
    }
    default:
      return assertNever(loaded);
  }
}

/** The models as a table of at most 80 columns, with the files of each below it. */
export function modelList(rows: readonly ModelRow[]): readonly string[] {
  const [heading = '', chinese = '', ...lines] = alignColumns([
    ['model', 'input', 'licence', 'decoder'],
    ['模型', '输入', '许可证', '解码方式'],
    ...rows.map((row) => [row.model, row.input ?? '-', row.licence ?? '-', row.decoder ?? '-']),
  ]);
  const described = lines.flatMap((line, index) => [line, ...detailLines(rows[index])]);
  return [heading, chinese, ...described].flatMap((line) => fitWidth(line, SCREEN_COLUMNS));
}

function detailLines(row: ModelRow | undefined): readonly string[] {
  if (row === undefined) return [];
  if (row.problem !== null) return wrapped(`${INDENT}${row.problem}`);
  return row.files.map(({ file, isOk }) => `${INDENT}${file}: ${hashText(isOk)}`);
}

export function hashText(isOk: boolean | null): string {
  if (isOk === null) return 'cannot be read 无法读取';
  return isOk ? 'sha256 ok 校验和正确' : 'sha256 WRONG 校验和不符';
}

/** Lines of at most 80 columns; those that follow the first are indented. */
export function wrapped(text: string): readonly string[] {
  const [first = '', ...more] = text.split('\n');
  const lines = [first, ...more.map((line) => `${INDENT}${line}`)];
  return lines.flatMap((line) => wrapText(line, SCREEN_COLUMNS, INDENT));
}
