import type { PointPair } from '../../src/base/homography.ts';
import { calibrateRoad, type RoadPlane } from '../../src/base/road-plane.ts';
import { cameraOn, type Pole } from './pole.ts';

type Point = readonly [number, number];

/** Marks on two lane edges, 12 to 40 m from the camera. */
const MARKS: readonly Point[] = [
  [-3.5, 12],
  [3.5, 12],
  [3.5, 40],
  [-3.5, 40],
  [0, 20],
  [0, 30],
  [-3.5, 25],
  [3.5, 25],
];

/** The plane that a technician's marks give: each clicked on within a pixel and measured within the accuracy. */
export function measuredPlane(
  pole: Pole,
  marks: { readonly count: number; readonly accuracyM: number; readonly normal: () => number },
): RoadPlane {
  const { count, accuracyM, normal } = marks;
  const pairs = MARKS.slice(0, count).map((m): PointPair => {
    const [x, y] = cameraOn(pole).pixelOf(m);
    const off = (): number => (normal() * accuracyM) / 2;
    return { px: [x + normal(), y + normal()], m: [m[0] + off(), m[1] + off()] };
  });
  return calibrateRoad(pairs, { marksAccuracyM: accuracyM }).plane;
}

export function exactPlane(pole: Pole): RoadPlane {
  return measuredPlane(pole, { count: 8, accuracyM: 0.01, normal: () => 0 });
}
