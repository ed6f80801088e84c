import type { ModelCard } from '../schema/model-card.ts';
import type { Camera } from '../schema/site.ts';

/** Sides of the input of `detail: high`, as multiples of the model's: 2.3 times the area, and the computing. */
const HIGH_DETAIL_FACTOR = 1.5;

/** Size of the net's input for a camera; null for the model's own, also where the file computes no other. */
export function detectorInput(
  { detail }: Pick<Camera, 'detail'>,
  input: ModelCard['input'],
): { readonly widthPx: number; readonly heightPx: number } | null {
  if (detail === 'normal' || !input.anySize) return null;
  const grown = (side: number): number =>
    input.multipleOf * Math.ceil((HIGH_DETAIL_FACTOR * side) / input.multipleOf);
  return { widthPx: grown(input.widthPx), heightPx: grown(input.heightPx) };
}
