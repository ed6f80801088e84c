import type { Track } from '../tracker.ts';

/** So many looks at cars make a scale; each later one weighs as much as one in FORGETTING. */
const ENOUGH_LOOKS = 20;
const FORGETTING = 4096;
/** Beyond the stretch in which cars were seen the scale holds for this share of the picture's height. */
const BEYOND_SHARE = 0.08;

/**
 * How high a car is in the net's input, by where it stands: the scale of a road that nobody has measured. On a plane
 * it grows in proportion to the distance below the horizon (Hoiem, Efros, Hebert 2008), which is a straight line.
 */
export interface VehicleScale {
  learn(tracks: readonly Track[]): void;
  /** Null where no cars have been seen: there a thing could not be told from a car that is too far away. */
  carHeightAt(footY: number): number | null;
}

export function createVehicleScale(pictureHeightPx: number): VehicleScale {
  let looks = 0;
  let [meanY, meanHeight, squares, products] = [0, 0, 0, 0];
  let [top, bottom] = [pictureHeightPx, 0];
  return {
    learn(tracks) {
      for (const { box, class: kind, coasting } of tracks) {
        const [, y1, , y2] = box;
        // A car that the picture's border cuts is no measure.
        if (kind !== 'car' || coasting || y1 <= 1 || y2 >= pictureHeightPx - 1) continue;
        looks = Math.min(FORGETTING, looks + 1);
        const share = 1 / looks;
        const offY = y2 - meanY;
        const offHeight = y2 - y1 - meanHeight;
        meanY += share * offY;
        meanHeight += share * offHeight;
        squares += share * ((1 - share) * offY * offY - squares);
        products += share * ((1 - share) * offY * offHeight - products);
        [top, bottom] = [Math.min(top, y2), Math.max(bottom, y2)];
      }
    },
    carHeightAt(footY) {
      const beyond = BEYOND_SHARE * pictureHeightPx;
      if (looks < ENOUGH_LOOKS || footY < top - beyond || footY > bottom + beyond) return null;
      const slope = squares > 0 ? Math.max(0, products / squares) : 0;
      const height = meanHeight + slope * (footY - meanY);
      return height > 0 ? height : null;
    },
  };
}
