import { expect, test } from 'vitest';
import { DRAWN_LANE, oneCameraSite } from '../../../test/fakes/one-camera-site.ts';
import { drawingDoubts } from './drawing-doubts.ts';

const area = (left: number, top: number, right: number, bottom: number) => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];

function doubts(camera: object): readonly string[] {
  const source = { kind: 'file', path: '/clip.mp4' };
  const [drawn] = oneCameraSite({ camera: { source, ...camera } }).cameras;
  return drawn === undefined ? [] : drawingDoubts(drawn, []).map(({ message }) => message);
}
const zone = (kind: string, polygon: unknown) => ({ zones: [{ zone: 'z', kind, polygon }] });
const line = (from: number, to: number) => ({
  lanes: [
    {
      ...DRAWN_LANE,
      countLine: [
        [from, 200],
        [to, 200],
      ],
    },
  ],
});

test('a counting line in an area that is ignored counts nothing', () => {
  expect(doubts({})).toEqual([]);
  expect(doubts(zone('ignore', area(320, 50, 600, 300)))).toEqual([]);
  expect(doubts(zone('shoulder', area(50, 150, 350, 250)))).toEqual([]);
  expect(doubts(zone('ignore', area(50, 150, 350, 250)))).toEqual([
    'the counting line of north-1 lies in zone z, where nothing is counted',
  ]);
});

test('a counting line over a part of the lane misses vehicles; one that reaches farther does not', () => {
  expect(doubts(line(20, 400))).toEqual([]);
  expect(doubts(line(130, 280))).toEqual([]);
  expect(doubts(line(20, 160))).toEqual([
    expect.stringMatching(/reaches over 50 % of the lane: who drives beside it is not counted/),
  ]);
});

test('two lanes over each other', () => {
  const beside = { ...DRAWN_LANE, lane: 'north-2', polygon: area(290, 50, 500, 300) };
  const countLine = [
    [300, 200],
    [500, 200],
  ];
  expect(doubts({ lanes: [DRAWN_LANE, { ...beside, countLine }] })).toEqual([]);
  expect(doubts({ lanes: [DRAWN_LANE, { ...DRAWN_LANE, lane: 'north-2' }] })).toEqual([
    'the middle of north-2 is drawn as part of north-1, too: incidents there are told of north-1',
  ]);
});

test('a zone that crop cuts off is not seen; one that it cuts is', () => {
  const crop = { x: 60, y: 20, widthPx: 300, heightPx: 320 };
  expect(doubts({ crop, ...zone('shoulder', area(300, 50, 600, 300)) })).toEqual([]);
  expect(doubts({ crop, ...zone('shoulder', area(400, 50, 600, 300)) })).toEqual([
    'zone z lies outside crop: nothing is seen there',
  ]);
});

test('a stop line that is not at its lane; one a little before or beyond the drawn lane is', () => {
  const at = (left: number, y: number) => ({
    lanes: [
      {
        ...DRAWN_LANE,
        stopLine: [
          [left, y],
          [left + 200, y],
        ],
      },
    ],
  });
  expect([...doubts(at(100, 290)), ...doubts(at(100, 330))]).toEqual([]);
  expect(doubts(at(440, 290))).toEqual([
    'the stop line of north-1 lies 240 pixels beside the lane: no queue reaches back from it',
  ]);
});
