import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEvidenceArchive } from './evidence-archive.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-archive-'));
  writeFileSync(join(folder, 'x-1.jpg'), 'picture');
  writeFileSync(join(folder, 'x-1.mp4.part'), 'half');
  writeFileSync(join(folder, 'secret.txt'), 'theirs');
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'x-2.jpg'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read(name: string): Promise<string | null> {
  const chunks = await createEvidenceArchive(folder).read(name);
  if (chunks === null) return null;
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

test('whole files are listed and read', async () => {
  const listed = await createEvidenceArchive(folder).list();
  expect(listed.map(({ name }) => name)).toContain('x-1.jpg');
  expect(listed.map(({ name }) => name)).not.toContain('x-1.mp4.part');
  expect(await read('x-1.jpg')).toBe('picture');
});

test.each(['secret.txt', '../x-1.jpg', 'x-2.jpg', 'x-1.mp4.part', 'x-3.jpg', '.', ''])(
  'what is no file of ours is not read: %j',
  async (name) => {
    expect(await read(name)).toBeNull();
  },
);

test('a site that keeps no evidence, or whose folder is gone, has none', async () => {
  expect(await createEvidenceArchive(null).list()).toEqual([]);
  expect(await createEvidenceArchive(join(folder, 'gone')).list()).toEqual([]);
});
