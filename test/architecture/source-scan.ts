/** A source file without its comments, and with every text replaced by its number in `texts`: `from '3'`. */
export interface ScannedSource {
  readonly code: string;
  readonly texts: readonly string[];
}

/** After one of these, or at the start, a slash begins a regular expression; after a value it divides. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|throw|else|do|await|yield))$/;

/** Reads just enough TypeScript to tell code from comments, texts, templates and regular expressions. */
export function scanSource(source: string): ScannedSource {
  const texts: string[] = [];
  /** Open braces within each template hole that we are in, innermost last. */
  const holes: number[] = [];
  let code = '';
  let at = 0;

  /** Replaces what follows, up to and including `end`, by its number. */
  const takeText = (end: number): void => {
    code += `'${texts.length}'`;
    texts.push(source.slice(at, end - 1));
    at = end;
  };
  const takeTemplate = (): void => {
    takeText(endOfTemplate(source, at));
    if (source[at - 1] === '{') holes.push(0);
  };

  while (at < source.length) {
    const char = source.charAt(at);
    const next = source.charAt(at + 1);
    at += 1;
    if (char === '/' && next === '/') at = endOf(source, '\n', at) - 1;
    else if (char === '/' && next === '*') at = endOf(source, '*/', at + 1);
    else if (char === "'" || char === '"') takeText(endOfQuoted(source, char, at));
    else if (char === '`') takeTemplate();
    else if (char === '/' && BEFORE_REGEX.test(code.trimEnd())) takeText(endOfRegex(source, at));
    else if (char === '}' && holes.at(-1) === 0) {
      holes.pop();
      code += ' ';
      takeTemplate();
    } else {
      const inner = holes.length - 1;
      if (inner >= 0 && char === '{') holes[inner] = (holes[inner] ?? 0) + 1;
      if (inner >= 0 && char === '}') holes[inner] = (holes[inner] ?? 0) - 1;
      code += char;
    }
  }
  return { code, texts };
}

/** Each of these returns the position after the end, or after the source when it never ends. */
function endOf(source: string, mark: string, from: number): number {
  const found = source.indexOf(mark, from);
  return found === -1 ? source.length + 1 : found + mark.length;
}

function endOfQuoted(source: string, quote: string, from: number): number {
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === quote) return at + 1;
  }
  return source.length + 1;
}

function endOfTemplate(source: string, from: number): number {
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '`') return at + 1;
    else if (source[at] === '$' && source[at + 1] === '{') return at + 2;
  }
  return source.length + 1;
}

/** A slash within a class such as [/] does not end it. */
function endOfRegex(source: string, from: number): number {
  let inClass = false;
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '[') inClass = true;
    else if (source[at] === ']') inClass = false;
    else if (source[at] === '/' && !inClass) return at + 1;
  }
  return source.length + 1;
}

/** One import, export-from or dynamic import. */
export interface ImportStatement {
  /** As written: `../base/clock.ts`, `node:fs`, `zod`; null when it is computed at run time. */
  readonly specifier: string | null;
  /** True when type stripping leaves nothing of it. */
  readonly typeOnly: boolean;
}

const STATIC =
  /\b(?:import|export)\s+(?<clause>type\s+(?!from\b)[^;'=()]*|[^;'=()]*)\bfrom\s*'(?<text>\d+)'/g;
const BARE = /\bimport\s*'(?<text>\d+)'/g;
const DYNAMIC = /(?<![.\w$])(?:import|require)\s*\(\s*(?:'(?<text>\d+)'\s*[,)])?/g;

export function importsOf({ code, texts }: ScannedSource): ImportStatement[] {
  const found: ImportStatement[] = [];
  const specifier = (match: RegExpMatchArray): string | null =>
    texts[Number(match.groups?.['text'] ?? Number.NaN)] ?? null;
  for (const match of code.matchAll(STATIC)) {
    found.push({ specifier: specifier(match), typeOnly: isTypeClause(match.groups?.['clause'] ?? '') });
  }
  for (const match of code.matchAll(BARE)) found.push({ specifier: specifier(match), typeOnly: false });
  for (const match of code.matchAll(DYNAMIC)) found.push({ specifier: specifier(match), typeOnly: false });
  return found;
}

/** `type X`, `type { X }`, and `{ type X, type Y }`, of which type stripping leaves an empty import. */
function isTypeClause(clause: string): boolean {
  if (/^type\s/.test(clause)) return true;
  const named = /^\s*\{(?<names>[^}]*)\}\s*$/.exec(clause)?.groups?.['names'];
  const names = named?.split(',').filter((name) => name.trim() !== '') ?? [];
  return names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
}
