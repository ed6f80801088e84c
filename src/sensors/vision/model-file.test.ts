import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { MODEL_LIMIT_BYTES, readModelFile } from './model-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'roadside-model-file-'));
afterAll(() => rmSync(dir, { recursive: true }));

const read = (name: string): Promise<Uint8Array> => readModelFile(join(dir, name), 'Copy it.');

test('a plain file is read as it is', async () => {
  writeFileSync(join(dir, 'net.onnx'), 'weights');
  expect(Buffer.from(await read('net.onnx')).toString()).toBe('weights');
});

test('a file that is not there is missing, with the hint of whoever asked', async () => {
  await expect(read('absent.onnx')).rejects.toMatchObject({ code: 'model-missing', hint: 'Copy it.' });
});

test('a file larger than any detector is refused before it is read', async () => {
  writeFileSync(join(dir, 'huge.onnx'), '');
  truncateSync(join(dir, 'huge.onnx'), MODEL_LIMIT_BYTES + 1);
  const refused = { code: 'model-invalid', message: expect.stringContaining('takes 1025 MB') };
  await expect(read('huge.onnx')).rejects.toMatchObject(refused);
});

test('a pipe is refused instead of waited for, and so is a folder', async () => {
  execFileSync('mkfifo', [join(dir, 'pipe.onnx')]);
  for (const name of ['pipe.onnx', '.']) {
    await expect(read(name)).rejects.toMatchObject({ code: 'model-invalid' });
  }
});

test.each([
  ['a PyTorch checkpoint', 'PK\x03\x04yolov8n/data.pkl', 'PyTorch checkpoint'],
  ['a saved web page', '<!DOCTYPE html><title>yolox_tiny.onnx</title>', 'web page'],
  ['what git leaves for a large file', 'version https://git-lfs.github.com/spec/v1\noid', 'note that git'],
  ['a net whose weights are elsewhere', '\x08\x08:\x20\x0a\x08location\x12\x0dnet.onnx.data', 'second file'],
])('%s is called what it is', async (_, content, words) => {
  writeFileSync(join(dir, 'other.onnx'), content, 'latin1');
  const refused = { code: 'model-invalid', message: expect.stringContaining(words) };
  await expect(read('other.onnx')).rejects.toMatchObject(refused);
});

test('weights may hold any of these bytes but at the beginning', async () => {
  const content = '\x08\x08PK\x03\x04<version https://git-lfs location';
  writeFileSync(join(dir, 'net.onnx'), content, 'latin1');
  expect(Buffer.from(await read('net.onnx')).toString('latin1')).toBe(content);
});
