import { describe, expect, it } from 'vitest';
import { type CardModel, createCardMap } from './card-map.ts';
import { createLoopChannel } from './loop-channel.ts';

function cardWithTwoLoops(model: CardModel) {
  const loops = [createLoopChannel(), createLoopChannel()] as const;
  const map = createCardMap(model, loops);
  const inputs = () =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((address) => map.valueAt('discrete-input', address)).join('');
  return { loops, map, inputs };
}

describe('an LD220', () => {
  it('shows fault and detect of both loops, then the open wires', () => {
    const { loops, map, inputs } = cardWithTwoLoops('ld220');
    loops[0].setOccupied(true);
    expect(inputs()).toBe('01000000');
    loops[1].failOpen(true);
    expect(inputs()).toBe('01110010');
    expect(map.valueAt('input-register', 2)).toBe(0b0100_1110);
    expect(map.valueAt('input-register', 1)).toBe((1 << 8) | 35);
  });

  it('counts rising edges of detection only', () => {
    const { loops, map } = cardWithTwoLoops('ld220');
    for (const occupied of [true, true, false, true, false]) loops[0].setOccupied(occupied);
    loops[1].failOpen(true);
    expect([10, 11, 12, 13].map((address) => map.valueAt('holding-register', address))).toEqual([0, 2, 0, 0]);
    expect(map.valueAt('holding-register', 15)).toBeNull();
  });
});

describe('an LD120', () => {
  it('has one loop: fault, detect, open', () => {
    const { loops, inputs } = cardWithTwoLoops('ld120');
    loops[0].failOpen(true);
    loops[1].setOccupied(true);
    expect(inputs()).toBe('11001000');
  });
});

describe('a module of sixteen inputs', () => {
  it('has its loops at inputs 1 to 16 and nothing elsewhere', () => {
    const { loops, map } = cardWithTwoLoops('di16');
    loops[1].stick('on');
    expect(map.valueAt('discrete-input', 2)).toBe(1);
    loops[1].stick('off');
    loops[1].setOccupied(true);
    expect(map.valueAt('discrete-input', 2)).toBe(0);
    loops[1].stick(null);
    expect(map.valueAt('discrete-input', 2)).toBe(1);
    expect(map.valueAt('discrete-input', 16)).toBe(0);
    expect(map.valueAt('discrete-input', 17)).toBeNull();
    expect(map.valueAt('holding-register', 10)).toBeNull();
  });
});
