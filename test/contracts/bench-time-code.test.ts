import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readTimeCode, timeCodeFilters } from '../bench/vision/time-code.ts';

const PICTURES = 6;
const WIDTH_PX = 416;
const HEIGHT_PX = 234;

/** One plane of each picture, coded and scaled as a reader of the bench gets it. */
function planesOf(filters: readonly string[]): readonly Uint8Array[] {
  const chain = [...filters, `scale=${WIDTH_PX}:${HEIGHT_PX}:flags=fast_bilinear`, 'format=gray'].join(',');
  const raw = execFileSync('ffmpeg', [
    ...['-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', 'color=c=gray:s=1920x1080:r=25'],
    ...['-frames:v', String(PICTURES), '-vf', chain, '-f', 'rawvideo', 'pipe:1'],
  ]);
  const bytes = WIDTH_PX * HEIGHT_PX;
  return Array.from({ length: PICTURES }, (_, index) => raw.subarray(index * bytes, (index + 1) * bytes));
}
const read = (plane: Uint8Array): number | null =>
  readTimeCode(plane, { rowPx: WIDTH_PX, widthPx: WIDTH_PX });

test('every picture tells its number after it was scaled', () => {
  expect(planesOf(timeCodeFilters()).map(read)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a picture without a number has none, and one with a spoilt cell neither', () => {
  expect(planesOf([]).map(read)).toEqual(Array(PICTURES).fill(null));
  const spoil = 'drawbox=x=96:y=0:w=48:h=48:t=fill:color=white';
  expect(planesOf([...timeCodeFilters(), spoil]).map(read)).toEqual([null, 1, null, 3, null, 5]);
});
