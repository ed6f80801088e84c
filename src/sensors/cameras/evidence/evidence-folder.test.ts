import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEvidenceFolder } from './evidence-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const content = (letter: string, bytes = 100): Buffer => Buffer.alloc(bytes, letter);
const writer = (bytes: Buffer) => (file: string) => writeFile(file, bytes);

test('a file stands under its name when it is whole, with the checksum of what is stored', async () => {
  const evidence = openEvidenceFolder({ folder, maxBytes: 1000 });
  const stored = await evidence.store('a.jpg', 100, async (part) => {
    expect(readdirSync(folder)).toEqual([]);
    await writeFile(part, content('a'));
    expect(readdirSync(folder)).toEqual(['a.jpg.part']);
  });
  expect(stored).toEqual({
    name: 'a.jpg',
    bytes: 100,
    sha256: createHash('sha256')
      .update(readFileSync(join(folder, 'a.jpg')))
      .digest('hex'),
  });
  expect(statSync(join(folder, 'a.jpg')).mode & 0o777).toBe(0o600);
});

test('the oldest give way, also when a file becomes larger than was thought', async () => {
  const evidence = openEvidenceFolder({ folder, maxBytes: 350 });
  for (const name of ['a', 'b', 'c']) await evidence.store(`${name}.jpg`, 100, writer(content(name)));
  expect(readdirSync(folder)).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  await evidence.store('d.mp4', 50, writer(content('d', 200)));
  expect(readdirSync(folder)).toEqual(['c.jpg', 'd.mp4']);
  expect(evidence).toMatchObject({ files: 2, bytes: 300, removed: 2 });
});

test('what was there at the start counts, oldest first, and is cut down to a smaller limit by the next file', async () => {
  for (const [index, name] of ['new', 'old'].entries()) {
    writeFileSync(join(folder, `${name}.mp4`), content(name));
    utimesSync(join(folder, `${name}.mp4`), 1000 - index, 1000 - index);
  }
  const evidence = openEvidenceFolder({ folder, maxBytes: 250 });
  expect(evidence.bytes).toBe(200);
  await evidence.store('next.jpg', 100, writer(content('n')));
  expect(readdirSync(folder)).toEqual(['new.mp4', 'next.jpg']);
});

test('a clock that was set back changes nothing about who is the oldest, also after a restart', async () => {
  const before = openEvidenceFolder({ folder, maxBytes: 350 });
  const in2099 = Date.UTC(2099, 0) / 1000;
  await before.store('a.jpg', 100, async (part) => {
    await writeFile(part, content('a'));
    utimesSync(part, in2099, in2099);
  });
  for (const name of ['c', 'b']) await before.store(`${name}.jpg`, 100, writer(content(name)));
  const after = openEvidenceFolder({ folder, maxBytes: 350 });
  await after.store('d.jpg', 100, writer(content('d')));
  expect(readdirSync(folder)).toEqual(['b.jpg', 'c.jpg', 'd.jpg']);
  await after.store('e.jpg', 100, writer(content('e')));
  expect(readdirSync(folder)).toEqual(['b.jpg', 'd.jpg', 'e.jpg']);
});

test('half-written files of an earlier run are removed; files that are not ours are left alone', async () => {
  writeFileSync(join(folder, 'a.mp4.part'), 'half');
  writeFileSync(join(folder, 'README.txt'), content('x', 5000));
  writeFileSync(join(folder, 'backup.tar.part'), 'theirs');
  const evidence = openEvidenceFolder({ folder, maxBytes: 150 });
  for (const name of ['b', 'c']) await evidence.store(`${name}.jpg`, 100, writer(content(name)));
  expect(readdirSync(folder)).toEqual(['README.txt', 'backup.tar.part', 'c.jpg']);
});

test('a file that cannot be written leaves nothing, and what was there stays', async () => {
  const evidence = openEvidenceFolder({ folder, maxBytes: 300 });
  await evidence.store('a.jpg', 100, writer(content('a')));
  const failing = evidence.store('b.mp4', 100, async (part) => {
    await writeFile(part, 'half');
    throw new Error('no space left on device');
  });
  await expect(failing).rejects.toThrow('no space');
  expect(readdirSync(folder)).toEqual(['a.jpg']);
  expect(evidence).toMatchObject({ files: 1, bytes: 100, removed: 0 });
});

test('a file that no room could hold is refused before it is written', async () => {
  const evidence = openEvidenceFolder({ folder, maxBytes: 300 });
  await evidence.store('a.jpg', 100, writer(content('a')));
  await expect(evidence.store('b.mp4', 301, writer(content('b')))).rejects.toMatchObject({
    code: 'evidence-full',
  });
  expect(readdirSync(folder)).toEqual(['a.jpg']);
});
