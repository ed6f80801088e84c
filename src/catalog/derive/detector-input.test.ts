import { expect, test } from 'vitest';
import { loadModel } from '../load/load-model.ts';
import { shippedFolders } from '../shipped.ts';
import { detectorInput } from './detector-input.ts';

const shipped = await loadModel({ id: 'nanodet-g', modelsDir: shippedFolders.modelsDir });
if (shipped.kind === 'unavailable') throw shipped.problem;
const { input } = shipped.card;

test('high detail is an input one and a half times as large, in whole multiples', () => {
  expect(detectorInput({ detail: 'high' }, input)).toEqual({ widthPx: 640, heightPx: 384 });
  expect(detectorInput({ detail: 'high' }, { ...input, multipleOf: 1 })).toMatchObject({ widthPx: 624 });
});

test('the model keeps its own size where nobody asks for more or its file has no other', () => {
  expect(detectorInput({ detail: 'normal' }, input)).toBeNull();
  expect(detectorInput({ detail: 'high' }, { ...input, anySize: false })).toBeNull();
});
