import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgesOf } from './edge-field.ts';
import { findShift } from './view-shift.ts';

const SIZE = { columns: 104, rows: 58 };

/** Grey patches of 4 x 4 cells, the same for the same place. */
function view(by: { readonly x: number; readonly y: number }) {
  const patch = (x: number, y: number): number => {
    const seed = Math.sin(Math.floor(x / 4) * 12.9898 + Math.floor(y / 4) * 78.233) * 43758.5453;
    return 255 * (seed - Math.floor(seed));
  };
  const grey = Float32Array.from({ length: SIZE.columns * SIZE.rows }, (_, at) =>
    patch((at % SIZE.columns) - by.x, Math.floor(at / SIZE.columns) - by.y),
  );
  return edgesOf({ ...SIZE, grey });
}

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
