import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createFragmentReader } from './fragment-reader.ts';
import { sizeNote, streamSizeOf } from './stream-size.ts';

function headOf(size: string, codec: string): Buffer {
  const made = ['-f', 'lavfi', '-i', `color=s=${size}:r=5:d=0.4`, '-vf', 'setsar=12/11', '-c:v', codec];
  const fragmented = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4', 'pipe:1'];
  const stream = execFileSync('ffmpeg', ['-v', 'error', ...made, '-threads', '1', ...fragmented]);
  const head = createFragmentReader()
    .write(stream)
    .find(({ kind }) => kind === 'head');
  return head?.bytes ?? Buffer.alloc(0);
}

test.each([
  ['704x576', 'libx264', { widthPx: 704, heightPx: 576 }],
  ['320x240', 'mpeg4', { widthPx: 320, heightPx: 240 }],
])('a stream of %s (%s) says its pixels, whatever shape they have', (size, codec, expected) => {
  expect(streamSizeOf(headOf(size, codec))).toEqual(expected);
});

test('a head that says nothing, or is cut short, tells no size', () => {
  const head = headOf('320x240', 'mpeg4');
  expect(streamSizeOf(Buffer.alloc(0))).toBeNull();
  for (const bytes of [9, 100, head.length - 1]) expect(streamSizeOf(head.subarray(0, bytes))).toBeNull();
});

test('a stream of another size than the drawing is told of, one of the same size is not', () => {
  const picture = { widthPx: 1280, heightPx: 720 };
  expect(sizeNote(picture, { widthPx: 960, heightPx: 540 })).toContain('the stream is 960 x 540');
  expect(sizeNote(picture, { ...picture })).toBe('');
  expect(sizeNote(picture, null)).toBe('');
});
