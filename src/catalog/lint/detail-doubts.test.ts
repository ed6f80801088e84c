import { expect, test } from 'vitest';
import { loadModel } from '../load/load-model.ts';
import { cameraSchema } from '../schema/camera.ts';
import type { ModelCard } from '../schema/model-card.ts';
import { shippedFolders } from '../shipped.ts';
import { detailDoubts } from './detail-doubts.ts';

const shipped = await loadModel({ id: 'nanodet-g', modelsDir: shippedFolders.modelsDir });
if (shipped.kind === 'unavailable') throw shipped.problem;
const { card } = shipped;
const FIXED: ModelCard = { ...card, input: { ...card.input, anySize: false } };

/** A full-HD camera and a line of so many pixels across its lane; the model's input is 4.6 times smaller. */
function doubts(
  camera: { readonly lineTo?: readonly [number, number]; readonly [key: string]: unknown },
  of = card,
) {
  const { lineTo = [700, 500], ...more } = camera;
  const parsed = cameraSchema.parse({
    id: 'cam',
    source: { kind: 'file', path: '/clip.mp4' },
    picture: { widthPx: 1920, heightPx: 1080 },
    lanes: [
      {
        lane: 'north-1',
        polygon: [
          [400, 900],
          [900, 900],
          [800, 100],
        ],
        countLine: [[500, 500], lineTo],
        direction: [
          [600, 300],
          [600, 800],
        ],
      },
    ],
    ...more,
  });
  return detailDoubts(parsed, { card: of, path: ['cameras', 0] });
}

test('a lane that is 200 pixels wide in full HD shows cars too small to be sure of', () => {
  const [doubt, ...more] = doubts({});
  expect(more).toEqual([]);
  // 1.5 m of 3.5 m in 200 pixels, scaled by 416 / 1920.
  expect(doubt?.message).toContain('of north-1 is about 19 pixels high');
  expect(doubt?.hint).toContain('detail: high');
  expect(doubt?.path).toEqual(['cameras', 0, 'lanes', 0, 'countLine']);
});

test('a closer line, a crop or more detail settles it', () => {
  expect(doubts({ lineTo: [800, 500] })).toEqual([]);
  expect(doubts({ crop: { x: 200, y: 100, widthPx: 1300, heightPx: 800 } })).toEqual([]);
  expect(doubts({ detail: 'high' })).toEqual([]);
});

test('where more detail is not enough, it is not proposed again', () => {
  const [doubt] = doubts({ detail: 'high', lineTo: [600, 500] });
  expect(doubt?.hint).not.toContain('detail');
});

test('marks on the road tell more than the drawn line does', () => {
  const marks = (widthM: number) => [
    { px: [500, 500], m: [0, 10] },
    { px: [700, 500], m: [widthM, 10] },
    { px: [800, 800], m: [widthM, 0] },
    { px: [400, 800], m: [0, 0] },
  ];
  // The line is as wide as two lanes, or as a footpath.
  expect(doubts({ groundPlane: marks(7) })[0]?.message).toContain('about 9 pixels');
  expect(doubts({ groundPlane: marks(2) })).toEqual([]);
});

test('a line along the view tells no width', () => {
  expect(doubts({ lineTo: [550, 620] })).toEqual([]);
});

test('a file of one size gives no more detail, and the check says so', () => {
  const [fixed, small] = doubts({ detail: 'high' }, FIXED);
  expect(fixed?.message).toBe('nanodet-g computes only its own size: detail high changes nothing');
  expect(small?.message).toContain('19 pixels');
  expect(doubts({ lineTo: [800, 500] }, FIXED)).toEqual([]);
});
