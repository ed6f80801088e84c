import { expect, test } from 'vitest';
import type { GreyPicture } from './grey-picture.ts';
import { HIDDEN, OWNED, SEEN } from './hidden-cells.ts';
import { createRoadBackground } from './road-background.ts';

const SIZE = { columns: 40, rows: 20 };
const CELLS = SIZE.columns * SIZE.rows;
const CELL = 10 * SIZE.columns + 20;

/** Asphalt with a mark every ten cells. */
function picture({ shift = 0, at = null as number | null, grey = 200 } = {}): GreyPicture {
  const cells = Float32Array.from({ length: CELLS }, (_, index) =>
    ((index % SIZE.columns) + shift) % 10 < 4 ? 180 : 90,
  );
  if (at !== null) cells[at] = grey;
  return { ...SIZE, grey: cells };
}

function learned() {
  const background = createRoadBackground(picture(), { absorbedLooks: 1000 });
  const look = (seen: GreyPicture, times: number, state = SEEN): void => {
    const hidden = new Uint8Array(CELLS).fill(SEEN);
    hidden[CELL] = state;
    for (let count = 0; count < times; count += 1) background.look(seen, hidden, false);
  };
  look(picture(), 5);
  return { background, look };
}

test('a camera that sways by a cell sees nothing instead of the road; by three it does', () => {
  const { background, look } = learned();
  // At the picture's border something new comes in.
  const most = (): number =>
    Math.max(...background.looks.filter((_, index) => Math.abs((index % SIZE.columns) - 20) < 15));
  look(picture({ shift: 1 }), 10);
  expect(most()).toBe(0);
  look(picture({ shift: 3 }), 10);
  expect(most()).toBe(10);
});

test('what is seen instead of the road keeps its votes while it is hidden, and loses them when the road is back', () => {
  const { background, look } = learned();
  look(picture({ at: CELL, grey: 20 }), 12);
  look(picture({ at: CELL, grey: 250 }), 30, HIDDEN);
  expect(background.looks[CELL]).toBe(12);
  look(picture(), 6);
  expect(background.looks[CELL]).toBe(0);
});

test('what stands under a standing vehicle is its own until the vehicle has left', () => {
  const { background, look } = learned();
  look(picture({ at: CELL, grey: 20 }), 4, OWNED);
  look(picture({ at: CELL, grey: 20 }), 12);
  expect(background.parked[CELL]).toBe(1);
  look(picture({ at: CELL, grey: 250 }), 2);
  expect(background.parked[CELL]).toBe(0);
  expect(background.looks[CELL]).toBe(0);
  expect(background.road[CELL]).toBeGreaterThan(200);
});
