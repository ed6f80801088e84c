import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Mark, openMark } from './mark.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-mark-'));
  file = join(folder, 'store.db.mark');
});
afterEach(() => rmSync(folder, { recursive: true }));

function markAt(position: number): Mark {
  return {
    store: 7,
    position,
    boot: 'a1b2c3d4e5f6',
    bootAfter: 0,
    seqs: { passage: position },
    waiting: { platform: 3 },
    audit: { number: 1, hash: 'f'.repeat(64) },
  };
}

function writeThree(): void {
  const mark = openMark(file);
  for (const position of [1, 2, 3]) mark.write(markAt(position));
  mark.close();
}

describe('a mark', () => {
  it('is the newest that was written, after any number of restarts', () => {
    expect(openMark(file).read()).toBeNull();
    writeThree();
    expect(openMark(file).read()).toEqual(markAt(3));
    const again = openMark(file);
    again.write(markAt(4));
    again.close();
    expect(openMark(file).read()).toEqual(markAt(4));
  });

  it('never grows', () => {
    writeThree();
    const { size } = statSync(file);
    for (let round = 0; round < 10; round += 1) writeThree();
    expect(statSync(file).size).toBe(size);
  });

  it('is torn at any byte and tells the one before, or the newest; never a third', () => {
    writeThree();
    const whole = readFileSync(file);
    const told = new Set<number | undefined>();
    for (let place = 0; place < whole.length; place += 7) {
      const torn = Buffer.from(whole);
      torn.fill(0xff, place, Math.min(whole.length, place + 512));
      writeFileSync(file, torn);
      told.add(openMark(file).read()?.position);
    }
    expect([...told].toSorted()).toEqual([2, 3]);
  });

  it('is none when both slots are gone, or the file is cut off', () => {
    writeThree();
    writeFileSync(file, Buffer.alloc(4096, 0xff));
    expect(openMark(file).read()).toBeNull();
    truncateSync(file, 3);
    expect(openMark(file).read()).toBeNull();
  });

  it('that cannot be written stays older and says nothing', () => {
    file = join(folder, 'missing', 'store.db.mark');
    const mark = openMark(file);
    mark.write(markAt(1));
    expect(mark.read()).toBeNull();
  });
});
