import { withoutWrittenPassword } from '../../base/address-password.ts';
import { type ErrorCode, RoadsideError } from '../../base/errors.ts';
import type { Path } from '../schema/json-schema.ts';

/** Of one file at most this many problems are reported; a longer list helps nobody at a cabinet. */
export const PROBLEMS_MAX = 50;
/** A found value is quoted up to this many characters. */
const FOUND_MAX_CHARS = 60;

/** A place in a file, before its line is known. `atKey` points at the key, not at its value. */
export interface Place {
  readonly path: Path;
  readonly atKey?: boolean;
}

/** The same with its line: what was said about the place stays. */
export type Located<T extends Place> = Omit<T, 'path' | 'atKey'> & {
  readonly file: string;
  /** 1-based; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly column: number;
  /** `cameras[0].lanes[2].polygon`; empty when the file as a whole is meant. */
  readonly path: string;
};

/** One thing wrong in a file: what was expected and found, and what to do about it. */
export interface Finding extends Place {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  /** Both in Chinese; where it is missing, what the code means has to do. */
  readonly chinese?: string;
}
export type Problem = Located<Finding>;

/** Something that works and will disappoint: what follows from it, in English and in Chinese, and what to do. */
export interface Doubt extends Place {
  readonly message: string;
  readonly hint: string;
  readonly chinese: string;
}
export type Warning = Located<Doubt>;

export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}

export function formatProblem(problem: Problem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const head = [place, problem.path, `[${problem.code}]`].filter((part) => part !== '').join(' ');
  const hints = [problem.hint, problem.chinese].flatMap((hint) =>
    hint === undefined ? [] : [`\n  → ${hint}`],
  );
  return `${head}\n  ${problem.message}${hints.join('')}`;
}

/** All problems, file by file and from top to bottom. */
export function formatProblems(problems: readonly Problem[]): string {
  const ordered = inOrder(problems);
  const shown = ordered.slice(0, PROBLEMS_MAX).map(formatProblem);
  const more = ordered.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

/** Files in the order of their first problem, problems from top to bottom. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = problems.map((problem) => problem.file);
  return problems.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}

/** All problems of a load as the one error that leaves the catalog; its code is the first problem's. */
export function problemsError(problems: readonly Problem[]): RoadsideError {
  const [first] = problems;
  return new RoadsideError(first?.code ?? 'config-invalid', formatProblems(problems), {
    hint: 'Correct the places named and run "roadside check" again.',
  });
}

/** A found value, short enough for a line, without any user and password of a URL. */
export function shorten(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const quoted = (JSON.stringify(value) ?? String(value)).replace(/\/\/[^/@\s"]*@/g, '//***@');
  const text = withoutWrittenPassword(quoted);
  return text.length <= FOUND_MAX_CHARS ? text : `${text.slice(0, FOUND_MAX_CHARS - 1)}…`;
}
