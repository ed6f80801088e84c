import type { z } from 'zod';
import type { ErrorCode } from '../../base/errors.ts';
import { type JsonSchema, jsonSchemaOf, type Path, schemaAt, valueAt } from '../schema/json-schema.ts';
import { MOVED_FIELDS } from '../schema/site.ts';
import { type Finding, shorten } from './problem.ts';
import { chineseSuggestion, suggestion } from './suggest.ts';
import type { Outcome, YamlSource } from './yaml-source.ts';

const SECRET_KEY = /pass(word|wd|phrase)?$|secret|token|credential/i;

/** Checks the shape of a parsed file; every issue becomes one problem with its line. */
export function validate<T extends z.ZodType>(
  source: YamlSource,
  options: { readonly schema: T; readonly code: ErrorCode },
): Outcome<z.output<T>> {
  const result = options.schema.safeParse(source.value);
  if (result.success) return { kind: 'ok', value: result.data };
  const schema = jsonSchemaOf(options.schema, '');
  const problems = result.error.issues
    .flatMap(nearestIssues)
    .flatMap((issue) => findingsOf(issue, { schema, value: source.value, code: options.code }))
    .map((finding) => source.locate(finding));
  return { kind: 'refused', problems };
}

interface Context {
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly code: ErrorCode;
}

/** What is wrong within the form of a union that the value has; the issue itself where it has none of them. */
function nearestIssues(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inner = issue.errors.find((issues) => issues.every((nested) => nested.path.length > 0)) ?? [];
  if (inner.length === 0) return [issue];
  return inner.flatMap((nested) => nearestIssues({ ...nested, path: [...issue.path, ...nested.path] }));
}

function findingsOf(issue: z.core.$ZodIssue, context: Context): readonly Finding[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, context));
  }
  const found = valueAt(context.value, path);
  const foundAs = foundText(issue, found, path);
  const message = `expected ${expectationOf(issue)}, found ${foundAs}`;
  const expected = chineseExpectationOf(issue);
  const chineseText =
    foundAs === 'nothing' ? `缺少 ${path.at(-1)}，${expected}。` : `${expected}，实际为 ${foundAs}。`;
  const chinese = expected === null ? {} : { chinese: chineseText };
  return [{ code: context.code, path, message, hint: hintFor(path, context), ...chinese }];
}

function unknownKey(key: string, parent: Path, context: Context): Finding {
  const known = Object.keys(
    schemaAt(context.schema, parent, valueAt(context.value, parent))?.properties ?? {},
  );
  const moved = MOVED_FIELDS[`${parent.findLast((step) => typeof step === 'string')}.${key}`];
  const secret = SECRET_KEY.test(key) && known.includes('passwordFile');
  const hint = secret
    ? 'No secrets in this file: write the password into a file of its own and name it in passwordFile.'
    : (moved ?? suggestion(key, known));
  const message = `expected a known key, found "${key}"`;
  const advice = secret
    ? '本文件不得写入密码：请把密码写入单独的文件，并用 passwordFile 指明。'
    : chineseSuggestion(key, known);
  const chinese = moved === undefined ? { chinese: `没有 "${key}" 这个字段。${advice}` } : {};
  return { code: context.code, path: [...parent, key], atKey: true, message, hint, ...chinese };
}

/** The description of the place and the names of its fields; else what it belongs to. */
function hintFor(path: Path, context: Context): string {
  for (let length = path.length; length > 0; length -= 1) {
    const schema = schemaAt(context.schema, path.slice(0, length), context.value);
    const isMissing = length === path.length && valueAt(context.value, path) === undefined;
    const named = schema?.properties !== undefined && (isMissing || schema.description === undefined);
    const fields = named ? [fieldsOf(schema)] : [];
    const said = [...(schema?.description === undefined ? [] : [schema.description]), ...fields];
    if (said.length > 0) return said.join(' ');
  }
  return fieldsOf(context.schema);
}

function fieldsOf({ properties }: JsonSchema): string {
  return `Fields: ${Object.keys(properties ?? {}).join(', ')}.`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'named fields',
  record: 'named fields',
};

function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      if ('options' in issue && Array.isArray(issue.options)) return oneOf(issue.options);
      return issue.message === 'Invalid input' ? 'another form' : issue.message;
    case 'too_small':
      return `at least ${amount(issue.origin, Number(issue.minimum))}`;
    case 'too_big':
      return `at most ${amount(issue.origin, Number(issue.maximum))}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'another key';
    default:
      return issue.message;
  }
}

const CHINESE_TYPES: Readonly<Record<string, string>> = {
  number: '数字',
  int: '整数',
  string: '文本',
  boolean: ' true 或 false',
  array: '列表',
  tuple: '列表',
  object: '带名称的字段',
  record: '带名称的字段',
};

/** @returns null where only the schema's own words say what is expected */
function chineseExpectationOf(issue: z.core.$ZodIssue): string | null {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected in CHINESE_TYPES ? `应为${CHINESE_TYPES[issue.expected]}` : null;
    case 'invalid_value':
      return chineseOneOf(issue.values);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? chineseOneOf(issue.options) : null;
    case 'too_small':
      return `应至少 ${chineseAmount(issue.origin, Number(issue.minimum))}`;
    case 'too_big':
      return `应至多 ${chineseAmount(issue.origin, Number(issue.maximum))}`;
    default:
      return null;
  }
}

function foundText(issue: z.core.$ZodIssue, found: unknown, path: Path): string {
  if (issue.code === 'invalid_key') return shorten(path.at(-1));
  if ((issue.code === 'too_small' || issue.code === 'too_big') && Array.isArray(found)) {
    return String(found.length);
  }
  return shorten(found);
}

function oneOf(values: readonly unknown[]): string {
  const words = values.filter((value) => value !== undefined && value !== null).map(String);
  return words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`;
}

function chineseOneOf(values: readonly unknown[]): string {
  const words = values.filter((value) => value !== undefined && value !== null).map(String);
  return words.length === 1 ? `应为 ${words[0]}` : `应为以下之一：${words.join('、')}`;
}

function chineseAmount(origin: string, limit: number): string {
  return `${limit}${origin === 'string' ? ' 个字符' : origin === 'array' ? ' 项' : ''}`;
}

function amount(origin: string, limit: number): string {
  if (origin === 'string') return `${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return String(limit);
}
