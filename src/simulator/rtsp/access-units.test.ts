import { expect, test } from 'vitest';
import { splitAccessUnits } from './access-units.ts';

const DELIMITER = [0x09, 0x10];
const SPS = [0x67, 1];
const PPS = [0x68, 1];
const IDR = [0x65, 0x88, 7];
const SLICE = [0x41, 0x9a, 7];
/** first_mb_in_slice is not 0: the slice goes on with the same picture. */
const SECOND_SLICE = [0x41, 0x4a, 7];

function byteStream(nals: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(nals.flatMap((nal, index) => [...(index % 2 === 0 ? [0] : []), 0, 0, 1, ...nal]));
}
const shapeOf = (stream: Uint8Array): unknown =>
  splitAccessUnits(stream).map(({ nals, key }) => ({ types: nals.map((nal) => (nal[0] ?? 0) & 31), key }));

test('pictures are told apart by delimiters, which are left out', () => {
  expect(shapeOf(byteStream([DELIMITER, SPS, PPS, IDR, DELIMITER, SLICE, DELIMITER, SLICE]))).toEqual([
    { types: [7, 8, 5], key: true },
    { types: [1], key: false },
    { types: [1], key: false },
  ]);
});

test('without delimiters a first slice or a parameter set begins the next picture', () => {
  expect(shapeOf(byteStream([SPS, PPS, IDR, SLICE, SLICE, SPS, PPS, IDR]))).toEqual([
    { types: [7, 8, 5], key: true },
    { types: [1], key: false },
    { types: [1], key: false },
    { types: [7, 8, 5], key: true },
  ]);
});

test('further slices belong to the same picture', () => {
  expect(shapeOf(byteStream([SLICE, SECOND_SLICE, SECOND_SLICE, SLICE]))).toEqual([
    { types: [1, 1, 1], key: false },
    { types: [1], key: false },
  ]);
});

test('zeros before a start code belong to no NAL unit', () => {
  const [unit] = splitAccessUnits(Uint8Array.of(0, 0, 0, 1, ...IDR, 0, 0, 0, 0, 1, ...SLICE));
  expect([...(unit?.nals[0] ?? [])]).toEqual(IDR);
});

test('what is no byte stream has no pictures', () => {
  expect(splitAccessUnits(Uint8Array.of())).toEqual([]);
  expect(splitAccessUnits(Uint8Array.of(1, 2, 3))).toEqual([]);
});
