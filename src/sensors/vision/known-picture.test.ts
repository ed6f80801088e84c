import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { frameOfPicture, readKnownPicture } from './known-picture.ts';

const dir = mkdtempSync(join(tmpdir(), 'roadside-picture-'));
afterAll(() => rmSync(dir, { recursive: true }));

function write(name: string, parts: { readonly header: string; readonly bytes: readonly number[] }): string {
  const file = join(dir, name);
  writeFileSync(file, gzipSync(Buffer.concat([Buffer.from(parts.header), Buffer.from(parts.bytes)])));
  return file;
}

/** Two pixels: red, then blue. */
const RED_BLUE = [255, 0, 0, 0, 0, 255];

describe('a known picture', () => {
  test('is read', async () => {
    const picture = await readKnownPicture(
      write('two.ppm.gz', { header: 'P6\n2 1\n255\n', bytes: RED_BLUE }),
    );
    expect({ ...picture, rgb: [...picture.rgb] }).toEqual({ widthPx: 2, heightPx: 1, rgb: RED_BLUE });
  });

  test.each([
    ['text', 'hello', [], 'no gzipped PPM'],
    ['of another kind', 'P5\n2 1\n255\n', [1, 2], 'no gzipped PPM'],
    ['cut off', 'P6\n2 1\n255\n', [255, 0, 0], '3 bytes are no 2 x 1 pixels'],
    ['too long', 'P6\n2 1\n255\n', [...RED_BLUE, 1], '7 bytes are no 2 x 1 pixels'],
  ])('that is %s is refused', async (name, header, bytes, words) => {
    await expect(readKnownPicture(write(`${name}.ppm.gz`, { header, bytes }))).rejects.toThrow(words);
  });
});

describe('a picture in a frame', () => {
  const picture = { widthPx: 2, heightPx: 1, rgb: Uint8Array.from(RED_BLUE) };

  test('lies in the upper left corner, the rest black', () => {
    const place = { netWidthPx: 3, netHeightPx: 2, scaledWidthPx: 2, scaledHeightPx: 1 };
    const [green, blue, red] = [
      [0, 0, 0, 0, 0, 0],
      [0, 255, 0, 0, 0, 0],
      [255, 0, 0, 0, 0, 0],
    ];
    expect([...frameOfPicture(picture, place)]).toEqual([...green, ...blue, ...red]);
  });

  test('is interpolated by the middles of its pixels', () => {
    const place = { netWidthPx: 4, netHeightPx: 1, scaledWidthPx: 4, scaledHeightPx: 1 };
    expect([...frameOfPicture(picture, place)].slice(8)).toEqual([255, 191, 64, 0]);
  });
});
