import { expect, test } from 'vitest';
import { cameraSchema } from '../schema/camera.ts';
import { groundPlaneDoubts } from './ground-plane-doubts.ts';

const MARKS = [
  { px: [465, 310], m: [0, 30] },
  { px: [700, 310], m: [7, 30] },
  { px: [980, 690], m: [7, 0] },
  { px: [180, 690], m: [0, 0] },
];

function doubts(groundPlane: unknown): readonly string[] {
  const lane = {
    lane: 'north-1',
    polygon: [
      [0, 0],
      [9, 0],
      [9, 9],
    ],
    countLine: [
      [0, 5],
      [9, 5],
    ],
    direction: [
      [5, 0],
      [5, 9],
    ],
  };
  const source = { kind: 'file', path: '/clip.mp4' };
  const camera = { id: 'cam', source, picture: { widthPx: 1280, heightPx: 720 }, lanes: [lane] };
  const marked = groundPlane === undefined ? camera : { ...camera, groundPlane };
  return groundPlaneDoubts(cameraSchema.parse(marked), []).map(({ message }) => message);
}

test('four marks with a typing error are doubted, although they always agree with each other', () => {
  expect(doubts(undefined)).toEqual([]);
  expect(doubts(MARKS)).toEqual([]);
  const typed = (m: readonly number[]) => MARKS.map((mark, at) => (at === 0 ? { ...mark, m } : mark));
  for (const wrong of [typed([0, 39]), typed([0, 3])]) {
    expect(doubts(wrong)).toEqual([
      expect.stringMatching(
        /^the marks of cam show the road as hardly any camera sees it \(\d\d degrees off\)/,
      ),
    ]);
  }
});
