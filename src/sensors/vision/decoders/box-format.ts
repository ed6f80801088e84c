import type { BoxFormat } from '../../../base/detector-outputs.ts';
import type { Box } from '../box.ts';
import type { NetShape } from './net-outputs.ts';

export const CORNERS_IN_PIXELS: BoxFormat = { corners: 'xyxy', unit: 'pixels' };
export const MIDDLE_IN_PIXELS: BoxFormat = { corners: 'cxcywh', unit: 'pixels' };
export const MIDDLE_IN_FRACTIONS: BoxFormat = { corners: 'cxcywh', unit: 'fraction' };

/** The four numbers of a box, as its format orders them, as left, top, right, bottom in pixels. */
export function boxFrom(
  [a, b, c, d]: readonly [number, number, number, number],
  { corners, unit }: BoxFormat,
  net: Pick<NetShape, 'widthPx' | 'heightPx'>,
): Box {
  const x = unit === 'fraction' ? net.widthPx : 1;
  const y = unit === 'fraction' ? net.heightPx : 1;
  switch (corners) {
    case 'xyxy':
      return [a * x, b * y, c * x, d * y];
    case 'yxyx':
      return [b * x, a * y, d * x, c * y];
    case 'cxcywh':
      return [(a - c / 2) * x, (b - d / 2) * y, (a + c / 2) * x, (b + d / 2) * y];
    case 'xywh':
      return [a * x, b * y, (a + c) * x, (b + d) * y];
  }
}

/** The box whose four numbers stand at `at`, `step` apart. */
export function boxAt(
  data: Float32Array,
  place: { readonly at: number; readonly step?: number },
  format: BoxFormat,
  net: Pick<NetShape, 'widthPx' | 'heightPx'>,
): Box {
  const { at, step = 1 } = place;
  const value = (index: number): number => data[at + index * step] ?? Number.NaN;
  return boxFrom([value(0), value(1), value(2), value(3)], format, net);
}
