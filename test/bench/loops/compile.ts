import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A C program of this folder, compiled into `folder`; its path. */
export function compile(name: string, folder: string): string {
  const file = join(folder, name);
  const flags = name.startsWith('libmodbus') ? ['-lmodbus'] : [];
  execFileSync('gcc', ['-O2', '-o', file, join(import.meta.dirname, `${name}.c`), ...flags]);
  return file;
}
