import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Box } from './box.ts';
import { decodeClassScoreRows } from './decoders/class-score-rows.ts';
import type { DecodingRules, Detection } from './detections.ts';

const LABELS = ['person', 'bicycle', 'car', 'motorcycle', 'bus', 'train', 'truck'];
const RULES: DecodingRules = { labels: LABELS, minScore: 0.2, iouThreshold: 0.5, maxAreaPx: 50_000 };

type Row = readonly [box: Box, label: string, score: number];

function output(rows: readonly Row[]): Float32Array {
  return Float32Array.from(
    rows.flatMap(([box, label, score]) => [...box, ...LABELS.map((each) => (each === label ? score : 0))]),
  );
}

function decode(data: Float32Array, rules: DecodingRules): readonly Detection[] {
  const classes = rules.labels.length;
  const rows = { dims: [data.length / (4 + classes), 4 + classes], data };
  return decodeClassScoreRows({ rows }, { widthPx: 416, heightPx: 256, classes }, rules);
}

function decoded(rows: readonly Row[], rules: DecodingRules = RULES): readonly string[] {
  return decode(output(rows), rules).map((found) => `${found.class} ${found.score.toFixed(2)}`);
}

const CAR: Box = [100, 100, 140, 130];
const BESIDE: Box = [145, 100, 185, 130];

describe('duplicates', () => {
  const table: readonly (readonly [claim: string, rows: readonly Row[], expected: readonly string[]])[] = [
    [
      'two boxes of one car are one car',
      [
        [CAR, 'car', 0.6],
        [[102, 101, 142, 131], 'car', 0.5],
      ],
      ['car 0.60'],
    ],
    [
      'the better box wins whatever the order',
      [
        [[102, 101, 142, 131], 'car', 0.5],
        [CAR, 'car', 0.6],
      ],
      ['car 0.60'],
    ],
    [
      'a car that is called a truck, too, is one vehicle',
      [
        [CAR, 'car', 0.6],
        [CAR, 'truck', 0.4],
      ],
      ['car 0.60'],
    ],
    [
      'cars side by side are two cars',
      [
        [CAR, 'car', 0.6],
        [BESIDE, 'car', 0.5],
      ],
      ['car 0.60', 'car 0.50'],
    ],
    [
      'half a car inside the car is no second car',
      [
        [CAR, 'car', 0.6],
        [[100, 100, 118, 130], 'car', 0.5],
      ],
      ['car 0.60'],
    ],
    [
      'a car before a bus is not part of the bus',
      [
        [[0, 0, 200, 120], 'bus', 0.6],
        [[20, 80, 70, 120], 'car', 0.5],
      ],
      ['bus 0.60', 'car 0.50'],
    ],
    [
      'a pedestrian before a car is not part of the car',
      [
        [CAR, 'car', 0.6],
        [[110, 102, 124, 132], 'person', 0.5],
      ],
      ['car 0.60', 'person 0.50'],
    ],
    [
      'a rider and the motorcycle are one motorcycle',
      [
        [[100, 90, 114, 130], 'person', 0.6],
        [[98, 110, 116, 140], 'motorcycle', 0.3],
      ],
      ['motorcycle 0.60'],
    ],
    [
      'a pedestrian beside a motorcycle is not its rider',
      [
        [[80, 90, 94, 130], 'person', 0.6],
        [[98, 110, 116, 140], 'motorcycle', 0.3],
      ],
      ['person 0.60', 'motorcycle 0.30'],
    ],
  ];
  test.each(table)('%s', (_, rows, expected) => {
    expect(decoded(rows)).toEqual(expected);
  });

  test('the box of a ridden motorcycle reaches from the rider’s head to the wheels', () => {
    const rows: readonly Row[] = [
      [[100, 90, 114, 130], 'person', 0.6],
      [[98, 110, 116, 140], 'motorcycle', 0.3],
    ];
    expect(decode(output(rows), RULES)[0]?.box).toEqual([98, 90, 116, 140]);
  });
});

describe('a net that says each road user once', () => {
  const once = { ...RULES, iouThreshold: null };

  test('keeps two cars that nearly hide each other', () => {
    const rows: readonly Row[] = [
      [CAR, 'car', 0.6],
      [[102, 101, 142, 131], 'car', 0.5],
    ];
    expect(decoded(rows, once)).toEqual(['car 0.60', 'car 0.50']);
    expect(decoded(rows)).toEqual(['car 0.60']);
  });

  test('a rider and the motorcycle are one motorcycle all the same', () => {
    const rows: readonly Row[] = [
      [[100, 90, 114, 130], 'person', 0.6],
      [[98, 110, 116, 140], 'motorcycle', 0.3],
    ];
    expect(decoded(rows, once)).toEqual(['motorcycle 0.60']);
  });
});

test('a net that claims every cell costs no more than a crowded picture', () => {
  const rows = Array.from({ length: 5000 }, (_, index): Row => {
    const x = 20 * (index % 100);
    const y = 20 * Math.floor(index / 100);
    return [[x, y, x + 10, y + 10], 'car', 0.9];
  });
  expect(decoded(rows)).toHaveLength(1000);
});

describe('what is no road user', () => {
  const table: readonly (readonly [claim: string, row: Row])[] = [
    ['a score below the least', [CAR, 'car', 0.19]],
    ['a box over most of the picture', [[0, 0, 400, 200], 'bus', 0.9]],
    ['a box without width', [[100, 100, 100, 130], 'car', 0.9]],
    ['a box that is inside out', [[140, 130, 100, 100], 'car', 0.9]],
    ['a coordinate that is no number', [[Number.NaN, 100, 140, 130], 'car', 0.9]],
    ['a score that is no number', [CAR, 'car', Number.NaN]],
  ];
  test.each(table)('%s', (_, row) => {
    expect(decoded([row])).toEqual([]);
    expect(decoded([row, [BESIDE, 'car', 0.5]])).toEqual(['car 0.50']);
  });

  test('a label that is no road user does not hide the one that is', () => {
    const labels = ['kite', 'car'];
    const row = Float32Array.from([...CAR, 0.9, 0.5]);
    const [found] = decode(row, { ...RULES, labels });
    expect(found).toMatchObject({ class: 'car', score: 0.5 });
  });

  test('a train on a road is a vehicle of unknown class', () => {
    expect(decoded([[CAR, 'train', 0.5]])).toEqual(['unknown 0.50']);
  });
});

test('whatever the net says, what is left is sorted, scores enough and has no duplicates', () => {
  const coordinate = fc.integer({ min: 0, max: 400 });
  const row = fc.tuple(
    fc.tuple(coordinate, coordinate, coordinate, coordinate),
    fc.constantFrom(...LABELS),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
      const found = decode(output(rows), RULES);
      const scores = found.map((each) => each.score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(scores.every((score) => score >= RULES.minScore)).toBe(true);
      const boxes = found.filter((each) => each.class !== 'person').map((each) => each.box.join());
      expect(new Set(boxes).size).toBe(boxes.length);
    }),
  );
});
