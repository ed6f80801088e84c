import { expect, test } from 'vitest';
import { addGround, certaintyOf, type Ground, isWeakened } from './grounds.ts';

const CAMERA: Ground = { sensor: 'cam', source: 'camera', says: 'raises', atMs: 0 };

/** A loop that says the one and the other by turns, so many times. */
function afterTurns(turns: number): readonly Ground[] {
  let grounds: readonly Ground[] = [CAMERA];
  for (let turn = 1; turn <= turns; turn += 1) {
    const says = turn % 2 === 1 ? 'weakens' : 'confirms';
    grounds = addGround(grounds, { sensor: 'a', source: 'loop', says, atMs: turn });
  }
  return grounds;
}

test('what a sensor says again is no further ground', () => {
  const once = addGround([CAMERA], { sensor: 'a', source: 'loop', says: 'confirms', atMs: 1 });
  expect(addGround(once, { sensor: 'a', source: 'loop', says: 'confirms', atMs: 2 })).toBe(once);
  expect(addGround(once, { ...CAMERA, atMs: 2 })).toBe(once);
});

test.each([99, 100])('a sensor that changes its mind %d times is believed in what it said last', (turns) => {
  const grounds = afterTurns(turns);
  expect(grounds.at(-1)?.atMs).toBe(turns);
  expect(isWeakened(grounds)).toBe(turns % 2 === 1);
  expect(certaintyOf(grounds)).toBe(turns % 2 === 1 ? 'suspected' : 'confirmed');
});

test('the list stays short, in order, and begins with why the incident was opened', () => {
  const grounds = afterTurns(100);
  expect(grounds).toHaveLength(16);
  expect(grounds[0]).toBe(CAMERA);
  expect(grounds.slice(1).map(({ atMs }) => atMs)).toEqual(Array.from({ length: 15 }, (_, n) => 86 + n));
});

test('what another sensor stands by is kept while one changes its mind', () => {
  const other: Ground = { sensor: 'cam-2', source: 'camera', says: 'confirms', atMs: 0.5 };
  const grounds = afterTurns(1).concat(other);
  const later = afterTurns(101).slice(2).reduce(addGround, grounds);
  expect(later).toContainEqual(other);
  expect(later.length).toBeLessThanOrEqual(16);
});
