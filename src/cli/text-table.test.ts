import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignColumns, displayWidth, fitWidth, wrapText } from './text-table.ts';

const anyText = fc.string({
  unit: fc.constantFrom(...'ab 1-.:/', '车', '道', '，', '（', '●', '…', '→'),
  maxLength: 120,
});

describe('text on a terminal', () => {
  it('takes two columns for a Chinese character and for its punctuation', () => {
    expect(displayWidth('lane 车道')).toBe(9);
    expect(displayWidth('请检查，谢谢。')).toBe(14);
    expect(displayWidth('● →')).toBe(3);
  });

  it('lines columns up under Chinese headings', () => {
    const lines = alignColumns([
      ['车道', 'count'],
      ['north-1', '7'],
    ]);
    expect(lines).toEqual(['车道     count', 'north-1  7']);
  });

  it('never makes a text wider than it may be, and leaves one alone that fits', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 90 }), (text, columns) => {
        const fitted = fitWidth(text, columns);
        expect(displayWidth(fitted)).toBeLessThanOrEqual(columns);
        if (displayWidth(text) <= columns) expect(fitted).toBe(text);
      }),
    );
    expect(fitWidth('车道车道', 6)).toBe('车道…');
  });

  it('breaks a text into lines that fit, and loses nothing but spaces', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const words = text.split(/[ \u2e80-\uffef]/u);
        const lines = wrapText(text, 40, '  ');
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        // A word that is longer than a line stays whole.
        if (words.every((word) => displayWidth(word) <= 30)) {
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(40);
        }
      }),
    );
    expect(wrapText('检查线圈 and its wire', 12, '  ')).toEqual(['检查线圈 and', '  its wire']);
    expect(wrapText('  → do this', 8, '    ')).toEqual(['  → do', '    this']);
  });
});
