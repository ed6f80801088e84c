import { expect, test } from 'vitest';
import { blankFor } from './blank-input.ts';

const SIZE = { widthPx: 640, heightPx: 384 };

test.each<readonly [claim: string, dims: readonly (number | string)[], expected: readonly number[]]>([
  ['planes, free but for the channels', ['batch', 3, 'height', 'width'], [1, 3, 384, 640]],
  ['planes with free channels', ['batch', 'channels', 'height', 'width'], [1, 3, 384, 640]],
  ['pixels', ['unk__1', 'unk__2', 'unk__3', 3], [1, 384, 640, 3]],
  ['planes without a batch', [3, -1, -1], [3, 384, 640]],
  ['a size that is fixed', [1, 3, 320, 320], [1, 3, 320, 320]],
])('%s are tried with one picture of the size', (_, dims, expected) => {
  expect(blankFor({ type: 'float32', dims }, SIZE).dims).toEqual(expected);
});

test('the sizes that RT-DETR asks for are those of one picture', () => {
  const blank = blankFor({ type: 'int64', dims: ['N', 2] }, SIZE);
  expect(blank).toEqual({ type: 'int64', dims: [1, 2], data: BigInt64Array.of(640n, 384n) });
});
