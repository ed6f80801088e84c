import type { VisionConfiguration } from '../contract.ts';
import type { NetTensor } from './network.ts';

export type PixelPlan = NonNullable<VisionConfiguration['model']['pixels']>;

/** What a frame is made of, whatever the net takes: the planes that `ffmpeg -pix_fmt gbrp` writes. */
export const FRAME_PLANES = 'gbr';
const PLANES = FRAME_PLANES.length;
const BYTE_VALUES = 256;

/** What the shipped model takes: a frame as it is. */
export const PLAIN_PIXELS: PixelPlan = {
  type: 'uint8',
  layout: 'chw',
  channels: 'gbr',
  divideBy: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/** Size of a frame, and of the net's input that takes it. */
export interface InputSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Bytes of one frame. */
export function frameBytesOf({ widthPx, heightPx }: InputSize): number {
  return PLANES * widthPx * heightPx;
}

export function inputDims({ layout }: PixelPlan, { widthPx, heightPx }: InputSize): readonly number[] {
  switch (layout) {
    case 'chw':
      return [PLANES, heightPx, widthPx];
    case 'nchw':
      return [1, PLANES, heightPx, widthPx];
    case 'nhwc':
      return [1, heightPx, widthPx, PLANES];
  }
}

/**
 * Turns frames (planar G, B, R bytes) into a net's input, (value / divideBy - mean) / std for each channel. The
 * tensor is the same each time, so the one before is lost; a net that takes frames as they are gets no copy.
 *
 * @throws RangeError for a frame of another size
 */
export function createFrameInput(pixels: PixelPlan, size: InputSize): (frame: Uint8Array) => NetTensor {
  const dims = inputDims(pixels, size);
  const area = size.widthPx * size.heightPx;
  const sources = [...pixels.channels].map((channel) => area * FRAME_PLANES.indexOf(channel));
  const step = pixels.layout === 'nhwc' ? PLANES : 1;
  const fill = (
    frame: Uint8Array,
    data: Uint8Array | Float32Array,
    tables: readonly Float32Array[],
  ): void => {
    sources.forEach((source, channel) => {
      const table = tables[channel] ?? new Float32Array(BYTE_VALUES);
      const first = pixels.layout === 'nhwc' ? channel : channel * area;
      // A hot loop: one table look-up for each value, no arithmetic.
      for (let at = 0; at < area; at += 1) data[first + at * step] = table[frame[source + at] ?? 0] ?? 0;
    });
  };
  const checked = (frame: Uint8Array): Uint8Array => {
    if (frame.length === PLANES * area) return frame;
    throw new RangeError(`a frame has ${PLANES * area} bytes, not ${frame.length}`);
  };
  if (pixels.type === 'float32') {
    const tables = [0, 1, 2].map((channel) => valuesOf(pixels, channel));
    const data = new Float32Array(PLANES * area);
    return (frame) => {
      fill(checked(frame), data, tables);
      return { type: 'float32', dims, data };
    };
  }
  if (pixels.layout !== 'nhwc' && pixels.channels === FRAME_PLANES) {
    return (frame) => ({ type: 'uint8', dims, data: checked(frame) });
  }
  const plain = Float32Array.from({ length: BYTE_VALUES }, (_, value) => value);
  const data = new Uint8Array(PLANES * area);
  return (frame) => {
    fill(checked(frame), data, [plain, plain, plain]);
    return { type: 'uint8', dims, data };
  };
}

/** What each byte becomes in one channel. */
function valuesOf({ divideBy, mean, std }: PixelPlan, channel: number): Float32Array {
  return Float32Array.from(
    { length: BYTE_VALUES },
    (_, value) => (value / divideBy - (mean[channel] ?? 0)) / (std[channel] ?? 1),
  );
}
