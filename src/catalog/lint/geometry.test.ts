import { describe, expect, it } from 'vitest';
import {
  angleBetweenDeg,
  areaOf,
  type Point,
  segmentsMeet,
  segmentTouches,
  selfCrossing,
} from './geometry.ts';

const square: readonly Point[] = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
];

describe('outlines', () => {
  it('a square does not cross itself, its corners in the wrong order do', () => {
    expect(selfCrossing(square)).toBeNull();
    expect(selfCrossing([0, 2, 1, 3].map((index) => square[index] ?? [0, 0]))).toEqual([0, 2]);
  });

  it('an arrow, which is not convex, does not cross itself', () => {
    expect(
      selfCrossing([
        [0, 0],
        [10, 5],
        [0, 10],
        [4, 5],
      ]),
    ).toBeNull();
  });

  it('the area is that of the shoelace formula, whichever way around', () => {
    expect(areaOf(square)).toBe(100);
    expect(areaOf(square.toReversed())).toBe(100);
  });
});

describe('segments', () => {
  it.each([
    [
      'crossing',
      [
        [0, 0],
        [10, 10],
      ],
      [
        [0, 10],
        [10, 0],
      ],
      true,
    ],
    [
      'touching at an end',
      [
        [0, 0],
        [5, 5],
      ],
      [
        [5, 5],
        [9, 0],
      ],
      true,
    ],
    [
      'overlapping on one line',
      [
        [0, 0],
        [6, 0],
      ],
      [
        [4, 0],
        [9, 0],
      ],
      true,
    ],
    [
      'apart on one line',
      [
        [0, 0],
        [3, 0],
      ],
      [
        [4, 0],
        [9, 0],
      ],
      false,
    ],
    [
      'side by side',
      [
        [0, 0],
        [9, 0],
      ],
      [
        [0, 1],
        [9, 1],
      ],
      false,
    ],
  ] as const)('%s', (_name, first, second, expected) => {
    expect(segmentsMeet(first, second)).toBe(expected);
    expect(segmentsMeet(second, first)).toBe(expected);
  });

  it.each([
    [
      'inside',
      [
        [2, 2],
        [8, 8],
      ],
      true,
    ],
    [
      'through',
      [
        [-5, 5],
        [15, 5],
      ],
      true,
    ],
    [
      'one end inside',
      [
        [5, 5],
        [50, 5],
      ],
      true,
    ],
    [
      'outside',
      [
        [11, 0],
        [11, 10],
      ],
      false,
    ],
  ] as const)('a line %s the polygon', (_name, segment, expected) => {
    expect(segmentTouches(square, segment)).toBe(expected);
  });

  it('angles are acute whichever way the segments point', () => {
    const right = [
      [0, 0],
      [5, 0],
    ] as const;
    expect(
      angleBetweenDeg(right, [
        [0, 0],
        [0, -3],
      ]),
    ).toBeCloseTo(90);
    expect(
      angleBetweenDeg(right, [
        [0, 0],
        [-3, 3],
      ]),
    ).toBeCloseTo(45);
    expect(
      angleBetweenDeg(right, [
        [2, 2],
        [2, 2],
      ]),
    ).toBeNull();
  });
});
