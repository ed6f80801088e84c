import type { VehicleClass } from '../../../traffic/observations/observation.ts';
import type { Box } from '../../vision/box.ts';

/** A road user that the detector saw, in pixels of the configured picture. */
export interface SeenRoadUser {
  readonly class: VehicleClass;
  readonly box: Box;
}

/** Shares of a box's height. The head is the upper fifth of a standing person; a bent one needs more. */
const HEAD_SHARE = 0.35;
/** Plates of cars lie below the lamps, those of lorries and buses just above the road. */
const PLATE_SHARE = 0.6;

/** Where faces and plates may be: heads of people, the lower part of vehicles, two-wheelers with their riders whole. */
export function areasToBlur(seen: readonly SeenRoadUser[]): readonly Box[] {
  return seen.map(({ class: kind, box }): Box => {
    const [x1, y1, x2, y2] = box;
    switch (kind) {
      case 'person':
        return [x1, y1, x2, y1 + (y2 - y1) * HEAD_SHARE];
      case 'motorcycle':
      case 'bicycle':
      case 'unknown':
        return box;
      default:
        return [x1, y2 - (y2 - y1) * PLATE_SHARE, x2, y2];
    }
  });
}
