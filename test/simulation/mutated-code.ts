import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutants.table.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Copies the product into a folder and puts the mutant in. Returns the folder of the code.
 *
 * @throws Error when the text to change does not stand there exactly once: then the table is out of date
 */
export function writeMutant(mutant: Mutant, folder: string): string {
  const code = join(folder, 'src');
  cpSync(join(ROOT, 'src'), code, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const file = join(code, mutant.file);
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of mutant.changes) {
    const times = text.split(from).length - 1;
    if (times !== 1)
      throw new Error(`${mutant.file} has ${times} times what "${mutant.name}" changes: ${from}`);
    text = text.replace(from, () => to);
  }
  writeFileSync(file, text);
  return code;
}
