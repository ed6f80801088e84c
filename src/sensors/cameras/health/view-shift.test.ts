import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgesOf } from './edge-field.ts';
import { findShift } from './view-shift.ts';

const SIZE = { columns: 104, rows: 58 };

interface Seen {
  readonly x: number;
  readonly y: number;
  readonly rollDeg?: number;
  readonly zoom?: number;
}

/** Grey patches of 4 x 4 cells, the same for the same place; turned and grown about the middle. */
function view({ rollDeg = 0, zoom = 1, ...by }: Seen) {
  const [cos, sin] = [Math.cos((rollDeg * Math.PI) / 180) / zoom, Math.sin((rollDeg * Math.PI) / 180) / zoom];
  const [middleX, middleY] = [SIZE.columns / 2, SIZE.rows / 2];
  const patch = (x: number, y: number): number => {
    const seed = Math.sin(Math.floor(x / 4) * 12.9898 + Math.floor(y / 4) * 78.233) * 43758.5453;
    return 255 * (seed - Math.floor(seed));
  };
  const grey = Float32Array.from({ length: SIZE.columns * SIZE.rows }, (_, at) => {
    const [dx, dy] = [(at % SIZE.columns) - middleX, Math.floor(at / SIZE.columns) - middleY];
    return patch(middleX + cos * dx + sin * dy - by.x, middleY - sin * dx + cos * dy - by.y);
  });
  return edgesOf({ ...SIZE, grey });
}

test.each([
  { rollDeg: 5, zoom: 1 },
  { rollDeg: -3, zoom: 1 },
  { rollDeg: 8, zoom: 1 },
  { rollDeg: 0, zoom: 1.1 },
  { rollDeg: 0, zoom: 0.9 },
  { rollDeg: 5, zoom: 1.22 },
])('a view that is turned by $rollDeg degrees and $zoom times as large is found so', (pose) => {
  const found = findShift(view({ x: 0, y: 0 }), view({ x: 0, y: 0, ...pose }));
  expect(found).toMatchObject({ ...pose, xShare: 0, yShare: 0 });
  expect(found.likeness).toBeGreaterThan(1.4 * found.likenessInPlace);
});

test('a view that lies elsewhere is found there', () => {
  const shift = fc.record({ x: fc.integer({ min: -11, max: 11 }), y: fc.integer({ min: -6, max: 6 }) });
  fc.assert(
    fc.property(shift, ({ x, y }) => {
      const found = findShift(view({ x: 0, y: 0 }), view({ x: 2 * x, y: 2 * y }));
      expect(found.xShare).toBeCloseTo((2 * x) / SIZE.columns, 6);
      expect(found.yShare).toBeCloseTo((2 * y) / SIZE.rows, 6);
      expect(found.likeness).toBeGreaterThan(0.9);
    }),
    { numRuns: 20 },
  );
});

test('another view is found nowhere', () => {
  const found = findShift(view({ x: 0, y: 0 }), view({ x: 4000, y: 800 }));
  expect(found.likeness).toBeLessThan(0.3);
});
