import { expect, test } from 'vitest';
import { cameraSchema } from '../schema/camera.ts';
import { laneWidthDoubts } from './lane-width-doubts.ts';

const MARKS = [
  { px: [465, 310], m: [0, 30] },
  { px: [700, 310], m: [7, 30] },
  { px: [980, 690], m: [7, 0] },
  { px: [180, 690], m: [0, 0] },
] as const;
const LANE = {
  lane: 'north-1',
  polygon: [
    [580, 310],
    [700, 310],
    [980, 690],
    [560, 690],
  ],
  countLine: [
    [572, 560],
    [884, 560],
  ],
  direction: [
    [640, 320],
    [760, 680],
  ],
};

function doubts(groundPlane: unknown, lane: object = LANE): readonly string[] {
  const source = { kind: 'file', path: '/clip.mp4' };
  const camera = { id: 'cam', source, picture: { widthPx: 1280, heightPx: 720 }, lanes: [lane] };
  return laneWidthDoubts(
    cameraSchema.parse(groundPlane === undefined ? camera : { ...camera, groundPlane }),
    ['cameras', 0],
  ).map(({ message }) => message);
}

const inFeet = MARKS.map(({ px, m: [x, y] }) => ({ px, m: [x / 0.3048, y / 0.3048] }));

test('marks that were measured in feet make a lane as wide as no lane is', () => {
  expect(doubts(MARKS)).toEqual([]);
  expect(doubts(inFeet)).toEqual([
    expect.stringMatching(
      /^by groundPlane north-1 is 11\.\d m wide at its counting line; lanes are 1 to 6\.5 m$/,
    ),
  ]);
});

test('a counting line that is drawn longer than its lane makes the lane no wider', () => {
  const long = {
    ...LANE,
    countLine: [
      [290, 560],
      [1100, 560],
    ],
  };
  expect(doubts(MARKS, long)).toEqual([]);
});

test('two lanes drawn as one are told, and nothing without marks', () => {
  const both = {
    ...LANE,
    polygon: [
      [465, 310],
      [700, 310],
      [980, 690],
      [180, 690],
    ],
    countLine: [
      [280, 560],
      [884, 560],
    ],
  };
  expect(doubts(MARKS, both)).toHaveLength(1);
  expect(doubts(undefined, both)).toEqual([]);
});
