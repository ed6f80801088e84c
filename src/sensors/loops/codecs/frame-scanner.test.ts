import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesBefore, createFrameScanner, type FrameVerdict } from './frame-scanner.ts';

/** `#`, a length digit, so many bytes, `!`. */
function judge(held: Uint8Array): FrameVerdict {
  if (held[0] !== 0x23) return { kind: 'noise', bytes: bytesBefore(held, 0x23) };
  if (held.length < 2) return { kind: 'incomplete' };
  const bytes = (held[1] ?? 0) - 0x30 + 3;
  if (bytes < 3 || bytes > 12) return { kind: 'noise', bytes: 1 };
  if (held.length < bytes) return { kind: 'incomplete' };
  return held[bytes - 1] === 0x21 ? { kind: 'frame', bytes } : { kind: 'damaged', why: 'no end' };
}

const open = () => createFrameScanner({ longestBytes: 12, judge });
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function scanInPortions(text: string, sizes: readonly number[]) {
  const scanner = open();
  const found: string[] = [];
  for (let from = 0, turn = 0; from < text.length; turn += 1) {
    const until = from + (sizes[turn % sizes.length] ?? 1);
    for (const it of scanner.scan(bytesOf(text.slice(from, until)))) {
      found.push(it.kind === 'frame' ? textOf(it.frame) : it.why);
    }
    from = until;
  }
  return { found, discardedBytes: scanner.discardedBytes };
}

describe('the frame scanner', () => {
  it('finds the same frames whatever the portions', () => {
    const text = 'xx#3abc!#0!yy#9123456789!#2a#1b!zz';
    const whole = scanInPortions(text, [text.length]);
    expect(whole.found).toEqual(['#3abc!', '#0!', '#9123456789!', 'no end', '#1b!']);
    expect(whole.discardedBytes).toBe('xx'.length + 'yy'.length + '#2a'.length + 'zz'.length);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 }), (sizes) => {
        expect(scanInPortions(text, sizes)).toEqual(whole);
      }),
    );
  });

  it('finds a true frame within a false one', () => {
    expect(scanInPortions('#7ab#1x!cd', [10]).found).toEqual(['no end', '#1x!']);
  });

  it('forgets half a frame when it is told to', () => {
    const scanner = open();
    scanner.scan(bytesOf('#5ab'));
    scanner.forget();
    expect(scanner.discardedBytes).toBe(4);
    expect(scanner.scan(bytesOf('cde!#0!'))).toHaveLength(1);
  });
});
