import { open } from 'node:fs/promises';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { type ErrorCode, messageOf } from '../../base/errors.ts';
import type { Path } from '../schema/json-schema.ts';
import { formatPath, type Located, type Place, PROBLEMS_MAX, type Problem } from './problem.ts';

/** No configuration is larger; a larger file is refused before anything parses it. */
export const YAML_MAX_BYTES = 256 * 1024;
/** Aliases may multiply a document this often at most (a "billion laughs" file is refused). */
const ALIASES_MAX = 50;
const WIDE_COLON = /^[\s-]*[A-Za-z]\w*：/;

/** A YAML file that parsed, with the way back from a path to its line. */
export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** What was found, with its line. */
  locate<T extends Place>(finding: T): Located<T>;
}

export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

export interface YamlCodes {
  readonly unreadable: ErrorCode;
  readonly syntax: ErrorCode;
}

/** Reads and parses one file; every reason not to is a problem with its line, never an exception. */
export async function readYaml(file: string, codes: YamlCodes): Promise<Outcome<YamlSource>> {
  const whole = { file, line: 0, column: 0, path: '' };
  let bytes: Buffer;
  try {
    bytes = await readLimited(file);
  } catch (error) {
    const hint = 'Check the path and that this user may read the file.';
    return refuse({ ...whole, code: codes.unreadable, message: `cannot be read: ${messageOf(error)}`, hint });
  }
  if (bytes.length > YAML_MAX_BYTES) {
    const message = `expected at most ${YAML_MAX_BYTES} bytes, found more`;
    return refuse({
      ...whole,
      code: codes.unreadable,
      message,
      hint: 'Is this really a configuration file?',
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const hint = 'Save the file as UTF-8 text.';
    return refuse({ ...whole, code: codes.syntax, message: 'expected UTF-8 text, found other bytes', hint });
  }
  return parseYaml({ file, text, code: codes.syntax });
}

async function readLimited(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(YAML_MAX_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

function refuse<T>(...problems: Problem[]): Outcome<T> {
  return { kind: 'refused', problems };
}

/** Parses YAML 1.2 (core schema: `no` is text, not false), refusing duplicate keys and alias bombs. */
export function parseYaml(source: { file: string; text: string; code: ErrorCode }): Outcome<YamlSource> {
  const { file, text, code } = source;
  const lines = new LineCounter();
  const whole = { file, line: 0, column: 0, path: '' };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const complaints = [...document.errors, ...document.warnings];
  if (complaints.length > 0) {
    const wide = wideColons(source);
    if (wide.length > 0) return refuse(...wide);
    const problems = complaints.slice(0, PROBLEMS_MAX).map((complaint): Problem => {
      const { line, col } = lines.linePos(complaint.pos[0]);
      const { message, code: kind } = complaint;
      const chinese = kind === 'TAB_AS_INDENT' ? { chinese: '缩进请用空格，不要用制表符（Tab）。' } : {};
      return { code, file, line, column: col, path: '', message, hint: hintOf(kind), ...chinese };
    });
    return refuse(...firstOfEachLine(problems));
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    const hint = 'Write repeated parts out instead of using anchors and aliases.';
    const { line, col } = lines.linePos(firstBadAlias(document));
    return refuse({ code, file, line, column: col, path: '', message: messageOf(error), hint });
  }
  if (value === null || value === undefined) {
    return refuse({
      ...whole,
      code,
      message: 'the file is empty',
      hint: 'Start from config/example-site.yaml.',
    });
  }
  return {
    kind: 'ok',
    value: { file, value, locate: (finding) => locate({ document, lines, file }, finding) },
  };
}

/** Where the first alias without an anchor stands, else the last alias. */
function firstBadAlias(document: Document): number {
  let offset = 0;
  visit(document, {
    Alias(_key, alias) {
      offset = startOf(alias) ?? 0;
      return alias.resolve(document) === undefined ? visit.BREAK : undefined;
    },
  });
  return offset;
}

/** A Chinese input method types a colon that YAML does not know; all else a parser says then is its confusion. */
function wideColons(source: { file: string; text: string; code: ErrorCode }): readonly Problem[] {
  const { file, text, code } = source;
  return text.split('\n').flatMap((line, index): Problem[] => {
    const column = WIDE_COLON.exec(line)?.[0].length ?? 0;
    if (column === 0) return [];
    const message = 'expected a colon and a space after the key, found the full-width colon "："';
    const hint = 'Switch the input method to English and type ": ".';
    const chinese = '键名后是全角冒号“：”：请切换到英文输入法，改为半角冒号加空格。';
    return [{ code, file, line: index + 1, column, path: '', message, hint, chinese }];
  });
}

/** What a parser says further along a broken line is about its own confusion. */
function firstOfEachLine(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(
    (problem, index) => problems.findIndex(({ line }) => line === problem.line) === index,
  );
}

function hintOf(code: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'Remove or rename one of the two keys.';
    case 'TAB_AS_INDENT':
      return 'Indent with spaces, not tabs.';
    case 'TAG_RESOLVE_FAILED':
      return 'Write the value without a tag; quote the text if it is to begin with an exclamation mark.';
    case 'BAD_ALIAS':
      return 'Quote the text if it is to begin with * or &.';
    default:
      return 'Check the indentation, colons, brackets and quotes of this line and the one before it.';
  }
}

interface Parsed {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly file: string;
}

/** The line of the place, or of the nearest place above it that the file has. */
function locate<T extends Place>({ document, lines, file }: Parsed, finding: T): Located<T> {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  finding.path.forEach((step, depth) => {
    const last = depth === finding.path.length - 1;
    const { key, value } = childNodes(document, node, step);
    const place = last && finding.atKey === true ? key : (startOf(value) ?? startOf(key));
    offset = (typeof place === 'number' ? place : startOf(place)) ?? offset;
    node = value;
  });
  const { line, col } = lines.linePos(offset);
  const { path, atKey: _, ...said } = finding;
  return { ...said, file, line, column: col, path: formatPath(path) };
}

function childNodes(
  document: Document,
  parent: unknown,
  step: Path[number],
): { key: unknown; value: unknown } {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return { key: item, value: item };
  }
  if (!isMap(node)) return { key: undefined, value: undefined };
  const pair = node.items.find(
    (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
  );
  return { key: pair?.key, value: pair?.value };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
