import type { CameraPlan } from '../contract.ts';
import type { Box } from './box.ts';
import type { InputSize } from './frame-input.ts';

/**
 * How a camera's crop lies in the net's input: scaled to fit, aspect ratio kept (a stretched picture costs the
 * detector half its recall), at the upper left, the rest black.
 */
export interface PicturePlacement {
  readonly crop: CameraPlan['crop'];
  /** Size of the picture that `crop` is cut from. */
  readonly picture: CameraPlan['picture'];
  readonly netWidthPx: number;
  readonly netHeightPx: number;
  /** Size of the scaled crop within the net's input. */
  readonly scaledWidthPx: number;
  readonly scaledHeightPx: number;
}

/** @param model whose input has its own size where the camera's plan names none */
export function placePicture(
  camera: Pick<CameraPlan, 'crop' | 'picture' | 'input'>,
  model: { readonly inputWidthPx: number; readonly inputHeightPx: number },
): PicturePlacement {
  const { crop, picture } = camera;
  const netWidthPx = camera.input?.widthPx ?? model.inputWidthPx;
  const netHeightPx = camera.input?.heightPx ?? model.inputHeightPx;
  const scale = Math.min(netWidthPx / crop.widthPx, netHeightPx / crop.heightPx);
  return {
    crop,
    picture,
    netWidthPx,
    netHeightPx,
    scaledWidthPx: Math.max(1, Math.round(crop.widthPx * scale)),
    scaledHeightPx: Math.max(1, Math.round(crop.heightPx * scale)),
  };
}

/** Size of the net's input that the picture is placed in. */
export function inputOf({ netWidthPx, netHeightPx }: PicturePlacement): InputSize {
  return { widthPx: netWidthPx, heightPx: netHeightPx };
}

/** A box in pixels of the net's input, in pixels of the configured picture and clipped to it. */
export function boxInPicture(placement: PicturePlacement, box: Box): Box {
  const { crop, picture } = placement;
  const x = (netX: number): number =>
    clamp(crop.x + (netX * crop.widthPx) / placement.scaledWidthPx, picture.widthPx);
  const y = (netY: number): number =>
    clamp(crop.y + (netY * crop.heightPx) / placement.scaledHeightPx, picture.heightPx);
  return [x(box[0]), y(box[1]), x(box[2]), y(box[3])];
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}
