import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFrameInput, inputDims, type PixelPlan, PLAIN_PIXELS } from './frame-input.ts';

const SIZE = { widthPx: 2, heightPx: 2 };
/** Green, blue, red planes of four pixels. */
const FRAME = Uint8Array.of(...[10, 11, 12, 13], ...[20, 21, 22, 23], ...[30, 31, 32, 33]);

function values(plan: Partial<PixelPlan>): readonly number[] {
  const tensor = createFrameInput({ ...PLAIN_PIXELS, ...plan }, SIZE)(FRAME);
  return tensor.type === 'uint8' || tensor.type === 'float32' ? [...tensor.data] : [];
}

describe('a frame becomes the input', () => {
  test('of the shipped model as it is, without a copy', () => {
    expect(createFrameInput(PLAIN_PIXELS, SIZE)(FRAME)).toMatchObject({ type: 'uint8', dims: [3, 2, 2] });
    const tensor = createFrameInput(PLAIN_PIXELS, SIZE)(FRAME);
    expect(tensor.type === 'uint8' && tensor.data === FRAME).toBe(true);
  });

  test('with its channels as red, green, blue', () => {
    expect(values({ channels: 'rgb', layout: 'nchw' })).toEqual([
      30, 31, 32, 33, 10, 11, 12, 13, 20, 21, 22, 23,
    ]);
  });

  test('with its channels as blue, green, red', () => {
    expect(values({ channels: 'bgr', type: 'float32' })).toEqual([
      20, 21, 22, 23, 10, 11, 12, 13, 30, 31, 32, 33,
    ]);
  });

  test('pixel by pixel', () => {
    expect(values({ channels: 'rgb', layout: 'nhwc' })).toEqual([
      30, 10, 20, 31, 11, 21, 32, 12, 22, 33, 13, 23,
    ]);
  });

  test('normalised: divided first, then less the mean, then by the deviation of its own channel', () => {
    const pixels = { type: 'float32', channels: 'rgb', divideBy: 10 } as const;
    const [red, , , , green, , , , blue] = values({ ...pixels, mean: [1, 0, 2], std: [1, 0.5, 2] });
    expect([red, green, blue]).toEqual([2, 2, 0]);
  });
});

test('whatever the layout, every value of the frame is in the input once', () => {
  const pixels = fc.record({
    type: fc.constantFrom('uint8', 'float32'),
    layout: fc.constantFrom('chw', 'nchw', 'nhwc'),
    channels: fc.constantFrom('gbr', 'rgb', 'bgr'),
  });
  fc.assert(
    fc.property(pixels, (plan) => {
      expect([...values(plan)].sort()).toEqual([...FRAME].sort());
      expect(inputDims({ ...PLAIN_PIXELS, ...plan }, SIZE).reduce((a, b) => a * b)).toBe(FRAME.length);
    }),
  );
});

test('a frame of another size is refused', () => {
  for (const type of ['uint8', 'float32'] as const) {
    const toInput = createFrameInput({ ...PLAIN_PIXELS, type }, SIZE);
    expect(() => toInput(FRAME.subarray(1))).toThrow('12 bytes, not 11');
  }
});
