import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readTruth } from './truth.ts';

const folder = mkdtempSync(join(tmpdir(), 'roadside-truth-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string): Promise<unknown> {
  const file = join(folder, 'a.truth.json');
  writeFileSync(file, text);
  return readTruth(file);
}

const TRUTH = { file: 'a.mp4', width: 640, height: 360, duration: 10, lines: [], events: [] };

test('a truth that cannot be read is refused with its file and the place in it', async () => {
  await expect(read(JSON.stringify(TRUTH))).resolves.toMatchObject({ file: 'a.mp4' });
  const event = { type: 'wrong_way', t_start: 1, t_end: 2, path: [[10, 20]] };
  const wrong = JSON.stringify({ ...TRUTH, events: [event] });
  await expect(read(wrong)).rejects.toThrow(/a\.truth\.json:[\s\S]*events\[0\]\.path\[0\]/);
  await expect(read('{')).rejects.toThrow(/a\.truth\.json: /);
});
