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
  const content = await readFile(file).catch(unreadable);
  const other = OTHER_FILES.find(({ begins }) => content.subarray(0, begins.length).equals(begins));
  if (other !== undefined) throw refused(`${file} is ${other.name}, not an ONNX file`, other.hint);
  if (content.includes(WEIGHTS_ELSEWHERE)) {
    throw refused(
      `${file} has its weights in a second file beside it, which would be lost`,
      'Make one file of the two, in Python: onnx.save(onnx.load("net.onnx"), "whole.onnx").',
    );
  }
  return content;
}

/** What people take for an ONNX file, by its first bytes. */
const OTHER_FILES = [
  {
    begins: Buffer.from('PK\x03\x04'),
    name: 'a PyTorch checkpoint or another zip archive',
    hint: 'Export it to ONNX with the program that it was trained with (docs/models.md).',
  },
  {
    begins: Buffer.from('<'),
    name: 'a web page or another text',
    hint: 'Download the file itself, not the page about it, and compare its size.',
  },
  {
    begins: Buffer.from('version https://git-lfs'),
    name: 'the note that git leaves in its place',
    hint: 'Fetch the file itself, with git lfs pull.',
  },
];

/** `key: "location"` of a tensor whose data lie elsewhere (onnx.proto3, StringStringEntryProto). */
const WEIGHTS_ELSEWHERE = Buffer.from('\x0a\x08location\x12');

function refused(
  problem: string,
  hint = 'Is it the ONNX file of a detector (docs/models.md)?',
): RoadsideError {
  return new RoadsideError('model-invalid', problem, { hint });
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
