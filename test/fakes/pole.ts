import { createRandom } from '../../src/simulator/traffic/random.ts';

type Point = readonly [number, number];

/**
 * A camera above the road: height and tilt as on poles and gantries, principal point in the middle of 1920 × 1080.
 * Ground: x to the right, y away from the camera, metres.
 */
export interface Pole {
  readonly heightM: number;
  readonly tiltDeg: number;
  readonly focalPx: number;
}

export const PICTURE = { widthPx: 1920, heightPx: 1080 } as const;

/** A pole, and numbers drawn like errors: the same seed gives the same ones on every machine. */
export function drawPole(seed: number): {
  readonly pole: Pole;
  readonly normal: () => number;
  readonly between: (from: number, to: number) => number;
} {
  const random = createRandom(seed);
  const between = (from: number, to: number): number => random.between({ from, to });
  return {
    between,
    /** Standard deviation 1 (Box and Muller 1958). */
    normal: () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform()),
    pole: { heightM: between(5, 12), tiltDeg: between(8, 40), focalPx: between(900, 3000) },
  };
}

/** An ideal pinhole. */
export function cameraOn({ heightM, tiltDeg, focalPx }: Pole) {
  const tilt = (tiltDeg * Math.PI) / 180;
  return {
    /** A point above the road (0 for on it) in the picture; pixels may lie outside it. */
    pixelOf([x, y]: Point, aboveM = 0): Point {
      const belowM = heightM - aboveM;
      const depth = y * Math.cos(tilt) + belowM * Math.sin(tilt);
      const down = -y * Math.sin(tilt) + belowM * Math.cos(tilt);
      return [PICTURE.widthPx / 2 + (focalPx * x) / depth, PICTURE.heightPx / 2 + (focalPx * down) / depth];
    },
  };
}
