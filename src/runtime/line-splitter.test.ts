import { expect, it } from 'vitest';
import { createLineSplitter, LINES_PER_S, LONGEST_LINE_CHARS } from './line-splitter.ts';

function create() {
  const lines: string[] = [];
  const dropped: number[] = [];
  const clock = { nowMs: 0 };
  const splitter = createLineSplitter({
    monoMs: () => clock.nowMs,
    onLine: (line) => lines.push(line),
    onDropped: (count) => dropped.push(count),
  });
  return { lines, dropped, clock, splitter };
}

it('lines come out whole however the chunks were cut, the last one at the end', () => {
  const { lines, splitter } = create();
  for (const chunk of ['on', 'e\ntw', 'o\n\nthr', 'ee']) splitter.push(chunk);
  expect(lines).toEqual(['one', 'two']);
  splitter.end();
  expect(lines).toEqual(['one', 'two', 'three']);
});

it('an endless line holds no more than the limit, and the line after it is whole', () => {
  const { lines, splitter } = create();
  for (let n = 0; n < 100; n += 1) splitter.push('x'.repeat(1000));
  splitter.push('\nnext\n');
  expect(lines.map((line) => line.length)).toEqual([LONGEST_LINE_CHARS, 4]);
});

it('a flood is cut to the limit per second and counted', () => {
  const { lines, dropped, clock, splitter } = create();
  splitter.push('a\n'.repeat(LINES_PER_S + 30));
  expect(lines).toHaveLength(LINES_PER_S);
  clock.nowMs = 1000;
  splitter.push('b\n');
  expect(dropped).toEqual([30]);
  expect(lines.at(-1)).toBe('b');
});
