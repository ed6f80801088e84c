import { describe, expect, it } from 'vitest';
import { createDoubts, pickMarker, shapeKey } from './marker-read.ts';
import type { ReadRequest } from './modbus-frames.ts';

const SIXTEEN: ReadRequest = { unit: 3, table: 'discrete-input', address: 1, quantity: 16 };
const EIGHT: ReadRequest = { ...SIXTEEN, quantity: 8 };
const COUNTERS: ReadRequest = { unit: 3, table: 'holding-register', address: 10, quantity: 4 };

function doubting(...requests: ReadRequest[]): ReadonlySet<string> {
  return new Set(requests.map(shapeKey));
}

describe('the marker read after a timeout', () => {
  it('is needless while no reply of this shape is outstanding', () => {
    expect(pickMarker(EIGHT, [], doubting(COUNTERS))).toEqual({ kind: 'needless' });
  });

  it('is the same read cut shorter, within the addresses of the plan', () => {
    expect(pickMarker(SIXTEEN, [COUNTERS], doubting(SIXTEEN))).toEqual({ kind: 'ask', request: EIGHT });
  });

  it('is another read of the device where the read cannot be shorter', () => {
    expect(pickMarker(EIGHT, [COUNTERS], doubting(EIGHT))).toEqual({ kind: 'ask', request: COUNTERS });
  });

  it('is a longer read where the device has only this one', () => {
    expect(pickMarker(EIGHT, [], doubting(EIGHT))).toEqual({ kind: 'ask', request: SIXTEEN });
  });

  it('never has a shape that is in doubt itself: then the unit is not asked', () => {
    expect(pickMarker(SIXTEEN, [], doubting(SIXTEEN, EIGHT))).toEqual({ kind: 'hold' });
    expect(pickMarker(EIGHT, [], doubting(SIXTEEN, EIGHT))).toEqual({ kind: 'hold' });
  });
});

describe('doubts', () => {
  it('belong to one unit and end when it is settled or too old', () => {
    const doubts = createDoubts();
    doubts.add(EIGHT, 1000);
    doubts.add(COUNTERS, 2000);
    expect([...doubts.of(3, 2000)]).toEqual([shapeKey(EIGHT), shapeKey(COUNTERS)]);
    expect(doubts.of(4, 500).size).toBe(0);
    expect(doubts.of(3, 2001).size).toBe(0);
    doubts.add(EIGHT, 3000);
    doubts.settle(3);
    expect(doubts.of(3, 2500).size).toBe(0);
  });
});
