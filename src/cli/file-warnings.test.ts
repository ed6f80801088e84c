import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { siteSchema } from '../catalog/schema/site.ts';
import { fileWarnings } from './file-warnings.ts';

const folder = mkdtempSync(join(tmpdir(), 'roadside-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function warnings(passwordFile: string): Promise<readonly string[]> {
  const site = `{ version: 1, site: { id: a, name: A }, approaches: [{ id: n, name: N, lanes: [{ number: 1 }] }] }`;
  const uplink = { url: 'mqtts://platform.example:8883', user: 'a', passwordFile };
  return fileWarnings(siteSchema.parse({ ...parse(site), uplink }));
}

function secret(text: string, mode = 0o600): string {
  const file = join(folder, 'secret');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

it('a password that its owner alone can read, in one line, is nothing to tell of', async () => {
  expect(await warnings(secret('s3 cret\n'))).toEqual([]);
});

it.each([
  ['s3cret\n', 0o644, 'can be read by others'],
  ['\n', 0o600, 'holds no password'],
  ['user\ns3cret\n', 0o600, 'more than one line'],
  ['s3cret \n', 0o600, 'begins or ends with a space'],
  ['x'.repeat(5000), 0o600, 'is no password file'],
])('%j with mode %o is told of, without the password', async (text, mode, expected) => {
  const told = await warnings(secret(text, mode));
  expect(told).toEqual([expect.stringContaining(expected)]);
  expect(told.join()).not.toContain('s3cret');
});

it('a folder and a file that is not there are told of', async () => {
  expect(await warnings(folder)).toEqual([expect.stringContaining('is no password file')]);
  expect(await warnings(join(folder, 'none'))).toEqual([expect.stringContaining('is not on this machine')]);
});
