import type { NetPort, NetTensor } from './network.ts';

/** Channels, height and width; a batch may come before them. */
export const PICTURE_RANK = 3;
const CHANNELS = 3;

/** What an input is tried with: black pictures, and for an input of sizes the size of the picture. */
export function blankFor(
  { type, dims }: Pick<NetPort, 'type' | 'dims'>,
  size: { readonly widthPx: number; readonly heightPx: number },
): NetTensor {
  const free = freeSides(dims, size);
  const fixed = dims.map((side, axis) => (typeof side === 'number' && side >= 1 ? side : (free[axis] ?? 1)));
  const length = fixed.reduce((product, side) => product * side, 1);
  if (type === 'int64') {
    const sizes = [BigInt(size.widthPx), BigInt(size.heightPx)];
    return { type, dims: fixed, data: BigInt64Array.from({ length }, (_, at) => sizes[at % 2] ?? 0n) };
  }
  return type === 'uint8'
    ? { type, dims: fixed, data: new Uint8Array(length) }
    : { type: 'float32', dims: fixed, data: new Float32Array(length) };
}

/** What each side becomes where the file leaves it free: one picture, three channels, the size. */
function freeSides(
  dims: NetPort['dims'],
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): readonly number[] {
  // RT-DETR and D-FINE ask for the sizes of as many pictures as they are given: [N, 2].
  if (dims.length < PICTURE_RANK) return [];
  const sides = isPlanar(dims) ? [CHANNELS, heightPx, widthPx] : [heightPx, widthPx, CHANNELS];
  return dims.length > PICTURE_RANK ? [1, ...sides] : sides;
}

/** The size of a picture of these dimensions. */
export function sizeOf(dims: readonly number[]): { readonly widthPx: number; readonly heightPx: number } {
  const [heightPx = 0, widthPx = 0] = isPlanar(dims) ? dims.slice(-2) : dims.slice(-3, -1);
  return { widthPx, heightPx };
}

/** Channels before height and width; an export that leaves its channels free, too, has them there. */
function isPlanar(dims: NetPort['dims']): boolean {
  return dims.length === PICTURE_RANK || dims[3] !== CHANNELS;
}
