import { readFile, stat } from 'node:fs/promises';
import { messageOf, RoadsideError } from '../../base/errors.ts';

/** Nearly twice a YOLOv5x6, whose 140.7 million parameters (README of YOLOv5) no camera's pace allows anyway. */
export const MODEL_LIMIT_BYTES = 1024 ** 3;

/**
 * The content of an ONNX file.
 *
 * @throws RoadsideError `model-missing` with `hint` where it cannot be read; `model-invalid` for what is no plain file,
 *   or too large to be a detector and, perhaps, for the memory
 */
export async function readModelFile(file: string, hint: string): Promise<Uint8Array> {
  const unreadable = (cause: unknown): never => {
    throw new RoadsideError('model-missing', `cannot read ${file}: ${messageOf(cause)}`, { hint, cause });
  };
  // Asked before it is opened: a pipe would be waited for.
  const found = await stat(file).catch(unreadable);
  if (!found.isFile()) throw refused(`${file} is not a file`);
  if (found.size > MODEL_LIMIT_BYTES) {
    throw refused(
      `${file} takes ${megabytes(found.size)} MB, which is more than ${megabytes(MODEL_LIMIT_BYTES)}`,
    );
  }
  return await readFile(file).catch(unreadable);
}

function refused(problem: string): RoadsideError {
  return new RoadsideError('model-invalid', problem, {
    hint: 'Is it the ONNX file of a detector (docs/models.md)?',
  });
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
