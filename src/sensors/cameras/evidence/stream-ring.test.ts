import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStreamRing, type RingCut, type StreamRing } from './stream-ring.ts';

let folder: string;
let ring: StreamRing;
let problems: unknown[];
let outcomes: ('written' | 'failed')[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-ring-'));
  problems = [];
  outcomes = [];
});
afterEach(async () => {
  await ring.close();
  rmSync(folder, { recursive: true });
});

const HEAD = Buffer.from('head;');

function open(limits: { keepMs?: number; maxBytes?: number; path?: string } = {}): void {
  const { keepMs = 60_000, maxBytes = 1_000_000, path = folder } = limits;
  const onWritten = (problem: unknown): void => {
    outcomes.push(problem === null ? 'written' : 'failed');
    if (problem !== null) problems.push(problem);
  };
  ring = openStreamRing({ folder: path, keepMs, maxBytes, onWritten });
  ring.push({ kind: 'head', bytes: HEAD }, 0);
}

/** Fragment `n` lasts from second n-1 to second n; every `keyEvery`th begins with a key picture. */
function feed(from: number, to: number, keyEvery = 1, size = 20): void {
  for (let n = from; n <= to; n += 1) {
    const bytes = Buffer.from(`<${n}>`.padEnd(size, '.'));
    const times = { mediaMs: 1000, lastPictureMs: 960 };
    ring.push({ kind: 'fragment', bytes, startsWithKey: (n - 1) % keyEvery === 0, ...times }, n * 1000);
  }
}
const s = (from: number, at: number, to: number) => ({
  fromMs: from * 1000,
  atMs: at * 1000,
  toMs: to * 1000,
});
async function read(cut: RingCut | null): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of cut?.read() ?? []) parts.push(part);
  return Buffer.concat(parts).toString();
}
const numbersIn = (text: string): number[] => [...text.matchAll(/<(\d+)>/g)].map((match) => Number(match[1]));

test('a cut begins at the key picture before and ends with the fragment that reaches its end', async () => {
  open();
  feed(1, 12, 3);
  const cut = ring.cut(s(4.5, 7, 8.2));
  expect([cut?.fromMs, cut?.toMs]).toEqual([3000, 9000]);
  const text = await read(cut);
  expect(text.startsWith('head;')).toBe(true);
  expect(numbersIn(text)).toEqual([4, 5, 6, 7, 8, 9]);
  expect(problems).toEqual([]);
});

test('what asks for more than is held gets what is held, and is told', async () => {
  open();
  feed(1, 5, 2);
  const cut = ring.cut(s(-10, 3, 30));
  expect([cut?.fromMs, cut?.toMs]).toEqual([0, 5000]);
  expect(numbersIn(await read(cut))).toEqual([1, 2, 3, 4, 5]);
});

test('a moment that is not held, or has no key picture before it, gives nothing', () => {
  open();
  expect(ring.cut(s(0, 1, 2))).toBeNull();
  feed(2, 4, 99);
  expect(ring.cut(s(0, 3, 4))).toBeNull();
  feed(100, 101);
  expect(ring.cut(s(90, 200, 210))).toBeNull();
});

test('a new run of the decoder is never mixed with the one before', async () => {
  open();
  feed(1, 4);
  ring.begin();
  ring.push({ kind: 'head', bytes: Buffer.from('other;') }, 10_000);
  feed(12, 14);
  expect(numbersIn(await read(ring.cut(s(0, 3, 14))))).toEqual([1, 2, 3, 4]);
  const after = await read(ring.cut(s(0, 13, 14)));
  expect(after.startsWith('other;')).toBe(true);
  expect(numbersIn(after)).toEqual([12, 13, 14]);
});

test('it holds no more time and no more bytes than it may, in memory and on the disk', async () => {
  open({ keepMs: 5000, maxBytes: 130 });
  feed(1, 40);
  expect(ring.bytes).toBeLessThanOrEqual(130);
  expect(numbersIn(await read(ring.cut(s(0, 39.5, 40))))).toEqual([35, 36, 37, 38, 39, 40]);
  expect(readdirSync(folder)).toHaveLength(6);
  await ring.close();
  open({ keepMs: 3000 });
  feed(41, 60, 1, 20);
  await read(ring.cut(s(0, 59.5, 60)));
  expect(readdirSync(folder)).toHaveLength(4);
});

test('what a power cut left is removed at the start, and nothing else', () => {
  writeFileSync(join(folder, '17.fragment'), 'left over');
  writeFileSync(join(folder, 'notes.txt'), 'not ours');
  open();
  expect(readdirSync(folder)).toEqual(['notes.txt']);
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('not ours');
});

test('a disk that fails loses fragments, never the order of the others', async () => {
  const path = join(folder, 'ring');
  open({ path });
  feed(1, 3);
  await read(ring.cut(s(0, 2.5, 3)));
  rmSync(path, { recursive: true });
  feed(4, 5);
  await expect.poll(() => ring.lost).toBe(2);
  expect(problems.length).toBeGreaterThan(0);
  expect(ring.cut(s(0, 4.5, 5))).toBeNull();
});

test('a disk that stays full is one trouble until a fragment is written again', async () => {
  const path = join(folder, 'ring');
  open({ path });
  feed(1, 2);
  await read(ring.cut(s(0, 1.5, 2)));
  rmSync(path, { recursive: true });
  feed(3, 6);
  await expect.poll(() => ring.lost).toBe(4);
  mkdirSync(path);
  feed(7, 7);
  await read(ring.cut(s(0, 6.5, 7)));
  expect(outcomes).toEqual([
    ...['written', 'written'],
    ...['failed', 'failed', 'failed', 'failed'],
    'written',
  ]);
});

test('a camera whose clock jumps does not make a stretch begin hours ago', () => {
  open({ keepMs: 60_000 });
  const times = { mediaMs: 7_200_000, lastPictureMs: 7_199_960 };
  ring.push({ kind: 'fragment', bytes: HEAD, startsWithKey: true, ...times }, 100_000);
  expect(ring.cut(s(0, 99, 100))).toMatchObject({ fromMs: 40_000, toMs: 100_000 });
});
