import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LearnedView } from './reference-view.ts';
import { decodeView, encodeView, openViewMemory } from './view-file.ts';

const KEY = 'a'.repeat(64);
const VIEW: LearnedView = {
  edges: {
    columns: 3,
    rows: 2,
    x: Float32Array.of(1, 2, 3, 4, 5, 6),
    y: Float32Array.of(0, -1, 0.5, 0, 0, 9),
  },
  strength: Float32Array.of(0.25),
  sharpness: Float32Array.of(7),
  pictures: 120,
  usualMedian: 101.5,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-view-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function kept(file: string): Promise<void> {
  openViewMemory({ file, key: KEY }).keep(VIEW);
  await vi.waitFor(() => statSync(file), { timeout: 10_000 });
}

test('what one run has learned the next one knows', async () => {
  const file = join(folder, 'views', 'cam.view');
  expect(openViewMemory({ file, key: KEY }).before).toBeNull();
  await kept(file);
  expect(openViewMemory({ file, key: KEY }).before).toEqual(VIEW);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('another drawing is another view', async () => {
  const file = join(folder, 'cam.view');
  await kept(file);
  expect(openViewMemory({ file, key: 'b'.repeat(64) }).before).toBeNull();
});

test('a file that is cut off, altered or something else is as good as none', async () => {
  const file = join(folder, 'cam.view');
  await kept(file);
  const whole = readFileSync(file);
  const altered = Buffer.from(whole);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  const others = [
    whole.subarray(0, -1),
    altered,
    Buffer.alloc(0),
    Buffer.from('{}\n'),
    Buffer.alloc(5000, 0x0a),
  ];
  for (const bytes of others) {
    writeFileSync(file, bytes);
    const { before, note } = openViewMemory({ file, key: KEY });
    expect(before).toBeNull();
    expect(note).toMatch(/unreadable \(damaged\).*check that the lanes still fit.*请核对.*cam\.view$/);
  }
  writeFileSync(file, whole);
  expect(openViewMemory({ file, key: KEY })).toMatchObject({ before: VIEW, note: '' });
});

test('what cannot be opened is told, too', () => {
  const file = join(folder, 'cam.view');
  mkdirSync(file);
  expect(openViewMemory({ file, key: KEY }).note).toContain('unreadable (EISDIR)');
});

test('a new camera and a new drawing are nothing to tell', async () => {
  const file = join(folder, 'cam.view');
  expect(openViewMemory({ file, key: KEY }).note).toBe('');
  await kept(file);
  expect(openViewMemory({ file, key: 'b'.repeat(64) }).note).toBe('');
});

test('a view that an earlier version has measured is learned anew, which is nothing to tell', async () => {
  const file = join(folder, 'cam.view');
  await kept(file);
  writeFileSync(file, readFileSync(file, 'latin1').replace('"view":2', '"view":1'), 'latin1');
  expect(openViewMemory({ file, key: KEY })).toMatchObject({ before: null, note: '' });
});

test('a disk that takes nothing disturbs nobody, and is told until it takes something', async () => {
  const views = join(folder, 'views');
  const memory = openViewMemory({ file: join(views, 'cam.view'), key: KEY });
  writeFileSync(views, 'not a folder');
  memory.keep(VIEW);
  await vi.waitFor(() => expect(memory.note).toMatch(/cannot be kept \(E.*permissions.*请检查.*views$/), {
    timeout: 10_000,
  });
  rmSync(views);
  memory.keep(VIEW);
  await vi.waitFor(() => expect(memory.note).toBe(''), { timeout: 10_000 });
});

test('the bytes are the same on every machine', () => {
  const bytes = encodeView(VIEW, KEY);
  expect(
    bytes
      .subarray(bytes.indexOf(0x0a) + 1)
      .subarray(0, 8)
      .toString('hex'),
  ).toBe('0000803f00000040');
  expect(decodeView(bytes, KEY)).toEqual(VIEW);
});
