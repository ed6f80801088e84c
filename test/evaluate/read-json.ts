import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf } from '../../src/base/errors.ts';

/** Reads one JSON file of the judge's. Throws a RangeError that names the file and each place in it. */
export async function readJson<T extends z.ZodType>(file: string, schema: T): Promise<z.output<T>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new RangeError(`${file}: ${messageOf(error)}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RangeError(`${file}:\n${z.prettifyError(result.error)}`);
}
