import { createHash } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../../base/errors.ts';
import type { ViewMemory } from './image-health.ts';
import type { LearnedView } from './reference-view.ts';

/** Where a camera's usual view is kept, and what it is the view of: another key, another view. */
export interface ViewPlace {
  /** Absolute path. */
  readonly file: string;
  /** Of all that the view depends on, lower-case hexadecimal. */
  readonly key: string;
}

/** Some hundred cells across: 50 KB usually. */
const LIMIT_BYTES = 4 * 1024 * 1024;
/** Another one where what the values measure has changed. */
const VIEW_VERSION = 2;
const BYTES_PER_VALUE = 4;
const NEWLINE = 0x0a;

const headSchema = z.strictObject({
  view: z.int(),
  key: z.string(),
  columns: z.int().min(1).max(4096),
  rows: z.int().min(1).max(4096),
  blocks: z.int().min(0).max(65_536),
  pictures: z.int().min(1),
  usualMedian: z.number(),
  /** Of the values that follow. */
  sha256: z.string(),
});

/**
 * Reads what an earlier run has learned of this view, and keeps what this one learns. A file that is missing,
 * damaged or of another view is as good as none: the view is learned anew. So is one that cannot be written, after a
 * restart. Nobody would then be told of a camera that was turned meanwhile: the note says so where it is a defect.
 */
export function openViewMemory({ file, key }: ViewPlace): ViewMemory {
  let writing: Promise<void> = Promise.resolve();
  const { before, unread } = readView(file, key);
  let unwritten = '';
  return {
    before,
    get note() {
      return unwritten || unread;
    },
    keep(view) {
      writing = writing
        .then(() => writeView({ file, key }, view))
        .then(
          () => {
            unwritten = '';
          },
          (error: unknown) => {
            unwritten = unwrittenNote(error, file);
          },
        );
    },
  };
}

function readView(
  file: string,
  key: string,
): { readonly before: LearnedView | null; readonly unread: string } {
  try {
    return { before: decodeView(readWhole(file), key), unread: '' };
  } catch (error) {
    return { before: null, unread: codeOf(error) === 'ENOENT' ? '' : unreadNote(error, file) };
  }
}

/** The path comes last: it may be long, and a note is cut. */
function unreadNote(error: unknown, file: string): string {
  const why = codeOf(error) ?? 'damaged';
  return [
    `The kept view is unreadable (${why}) and learned anew: check that the lanes still fit the picture.`,
    `已保存的常用画面无法读取，正在重新学习：请核对所画车道与画面是否相符。 ${file}`,
  ].join(' ');
}

function unwrittenNote(error: unknown, file: string): string {
  const why = codeOf(error) ?? messageOf(error);
  return [
    `The usual view cannot be kept (${why}): check space and permissions of its folder.`,
    `常用画面无法保存：请检查该目录的磁盘空间和权限。 ${dirname(file)}`,
  ].join(' ');
}

/** Of an error of the file system. */
function codeOf(error: unknown): string | null {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

function readWhole(file: string): Buffer {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(fstatSync(handle).size, LIMIT_BYTES));
    return bytes.subarray(0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

/** One line of JSON, then the values as little-endian float32: edges x, edges y, strength, sharpness. */
export function encodeView(view: LearnedView, key: string): Buffer {
  const { edges, strength, sharpness, pictures, usualMedian } = view;
  const values = [edges.x, edges.y, strength, sharpness].flatMap((part) => [...part]);
  const body = Buffer.alloc(values.length * BYTES_PER_VALUE);
  for (const [at, value] of values.entries()) body.writeFloatLE(value, at * BYTES_PER_VALUE);
  const { columns, rows } = edges;
  const size = { columns, rows, blocks: strength.length };
  const head = { view: VIEW_VERSION, key, ...size, pictures, usualMedian, sha256: sha256Of(body) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

/** Null for another view, or one that was measured otherwise. Throws when the bytes are not whole. */
export function decodeView(bytes: Buffer, key: string): LearnedView | null {
  const end = bytes.indexOf(NEWLINE);
  const head = headSchema.parse(JSON.parse(bytes.subarray(0, Math.max(0, end)).toString('utf8')));
  const body = bytes.subarray(end + 1);
  const { columns, rows, blocks, pictures, usualMedian } = head;
  const cells = columns * rows;
  const isWhole = body.length === 2 * (cells + blocks) * BYTES_PER_VALUE && sha256Of(body) === head.sha256;
  if (!isWhole) throw new RangeError('the values are not those that were written');
  if (head.key !== key || head.view !== VIEW_VERSION) return null;
  const part = (from: number, count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, at) => body.readFloatLE((from + at) * BYTES_PER_VALUE));
  return {
    edges: { columns, rows, x: part(0, cells), y: part(cells, cells) },
    strength: part(2 * cells, blocks),
    sharpness: part(2 * cells + blocks, blocks),
    ...{ pictures, usualMedian },
  };
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function writeView({ file, key }: ViewPlace, view: LearnedView): Promise<void> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.part`;
  try {
    const handle = await open(part, 'w', 0o600);
    try {
      await handle.writeFile(encodeView(view, key));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
