import { createHash } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
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
const BYTES_PER_VALUE = 4;
const NEWLINE = 0x0a;

const headSchema = z.strictObject({
  view: z.literal(1),
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
 * restart.
 */
export function openViewMemory({ file, key }: ViewPlace): ViewMemory {
  let writing: Promise<void> = Promise.resolve();
  return {
    before: readView(file, key),
    keep(view) {
      writing = writing.then(() => writeView({ file, key }, view)).catch(() => undefined);
    },
  };
}

function readView(file: string, key: string): LearnedView | null {
  try {
    return decodeView(readWhole(file), key);
  } catch {
    return null;
  }
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
  const head = { view: 1, key, ...size, pictures, usualMedian, sha256: sha256Of(body) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

/** Null for another view, and for what is not whole. */
export function decodeView(bytes: Buffer, key: string): LearnedView | null {
  const end = bytes.indexOf(NEWLINE);
  const head = headSchema.parse(JSON.parse(bytes.subarray(0, Math.max(0, end)).toString('utf8')));
  const body = bytes.subarray(end + 1);
  const { columns, rows, blocks, pictures, usualMedian } = head;
  const cells = columns * rows;
  const isWhole = body.length === 2 * (cells + blocks) * BYTES_PER_VALUE && sha256Of(body) === head.sha256;
  if (head.key !== key || !isWhole) return null;
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
