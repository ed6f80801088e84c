import { expect, test } from 'vitest';
import { cameraSchema } from '../schema/camera.ts';
import { cameraDoubts } from './camera-doubts.ts';

const CORNERS = [
  [0, 0],
  [100, 0],
  [100, 100],
];
const MARKS = [
  { px: [0, 0], m: [0, 10] },
  { px: [100, 0], m: [10, 10] },
  { px: [100, 100], m: [10, 0] },
  { px: [0, 100], m: [0, 0] },
];

function doubts(changes: { kinds?: readonly string[]; stopLine?: boolean; groundPlane?: typeof MARKS }) {
  const { kinds = [], stopLine = false, groundPlane } = changes;
  const line = [
    [0, 50],
    [100, 50],
  ];
  const lane = { lane: 'north-1', polygon: CORNERS, countLine: line, direction: [CORNERS[0], CORNERS[2]] };
  const camera = cameraSchema.parse({
    id: 'cam',
    source: { kind: 'file', path: '/clip.mp4' },
    picture: { widthPx: 640, heightPx: 360 },
    zones: kinds.map((kind, index) => ({ zone: `zone-${index}`, kind, polygon: CORNERS })),
    lanes: [stopLine ? { ...lane, stopLine: line } : lane],
    ...(groundPlane === undefined ? {} : { groundPlane }),
  });
  return cameraDoubts([camera], new Map()).map(({ message }) => message);
}

test('turning movements need entry and exit zones', () => {
  expect(doubts({ kinds: ['entry', 'exit', 'bay'] })).toEqual([]);
  expect(doubts({ kinds: ['bay'] })).toEqual([]);
  expect(doubts({ kinds: ['entry'] })).toEqual([
    'cam has entry zones and no exit zone: no turning movements are counted',
  ]);
  expect(doubts({ kinds: ['exit', 'exit'] })).toEqual([
    'cam has exit zones and no entry zone: no turning movements are counted',
  ]);
});

test('a stop line without marks gives no length of a queue', () => {
  expect(doubts({ stopLine: true })).toHaveLength(1);
  expect(doubts({ stopLine: true, groundPlane: MARKS })).toEqual([]);
  expect(doubts({})).toEqual([]);
});
