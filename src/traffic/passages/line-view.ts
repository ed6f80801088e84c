import { invertHomography, type Point, pixelOf, projectPoint } from '../../base/homography.ts';
import { MS_PER_S, msFromKmh } from '../../base/units.ts';
import { middleOf, type PointM, wayOnGround } from '../lane-ground.ts';
import type { CameraDefinition, CameraLaneDefinition, PointPx } from '../site-definition.ts';
import { type GroundSpeed, groundSpeed, metresPerPx, type SpeedSample } from './ground-speed.ts';
import { type Box, vehicleLength } from './vehicle-length.ts';

/** A car, metres: what a line is judged with. */
const CAR = { lengthM: 4.5, widthM: 1.8, heightM: 1.5 } as const;
/** The pictures from which a speed is made begin so long before the line and end so long after it, ms. */
const BEFORE_MS = 850;
const AFTER_MS = 150;

/** How a calibrated camera sees one counting line. */
export interface LineView {
  /** How far a pixel reaches along the lane, m, at the line's nearer and farther end. */
  readonly nearMPerPx: number;
  readonly farMPerPx: number;
  /** What is left open about the speed of a car there, as GroundSpeed; null where the plane does not reach. */
  readonly speed: GroundSpeed | null;
  /** Whether the length of a car can be had there. */
  readonly showsLength: boolean;
}

/** Works out what a car at this speed over the line would measure; null where the camera is not calibrated. */
export function lineViewOf(
  camera: CameraDefinition,
  lane: CameraLaneDefinition,
  speedKmh: number,
): LineView | null {
  const { plane, visible, framesPerSecond } = camera;
  const way = plane && wayOnGround(lane, plane.matrix);
  const middle = plane && projectPoint(plane.matrix, middleOf(lane.countLine));
  if (plane === null || way === null || middle === null) return null;
  const ends = lane.countLine.map((px) => metresPerPx(plane.matrix, px, way));
  const back = invertHomography(plane.matrix);
  const boxHeightPx = CAR.heightM / sidewaysMPerPx(plane.matrix, middleOf(lane.countLine));
  const samples = feetOver({ middle, way, speedKmh, framesPerSecond }, back);
  const box = carBox({ middle, way, boxHeightPx }, back);
  return {
    nearMPerPx: Math.min(...ends),
    farMPerPx: Math.max(...ends),
    speed: samples && groundSpeed(samples, { plane, boxHeightPx, atMs: 0 }),
    showsLength: box !== null && vehicleLength(box, { plane, visible, way, class: 'car' }) !== null,
  };
}

interface Crossing {
  readonly middle: PointM;
  readonly way: PointM;
  readonly speedKmh: number;
  readonly framesPerSecond: number;
}

function feetOver(of: Crossing, back: readonly number[]): readonly SpeedSample[] | null {
  const stepMs = MS_PER_S / of.framesPerSecond;
  const samples: SpeedSample[] = [];
  for (let atMs = -BEFORE_MS; atMs <= AFTER_MS; atMs += stepMs) {
    const foot = pixelOf(back, moved(of, (msFromKmh(of.speedKmh) * atMs) / MS_PER_S, 0));
    if (foot === null) return null;
    samples.push({ atMs, foot });
  }
  return samples;
}

function carBox(
  of: Pick<Crossing, 'middle' | 'way'> & { readonly boxHeightPx: number },
  back: readonly number[],
): Box | null {
  const corners = [-0.5, 0.5].flatMap((along) =>
    [-0.5, 0.5].flatMap((across) => {
      const px = pixelOf(back, moved(of, along * CAR.lengthM, across * CAR.widthM));
      return px === null ? [] : [px];
    }),
  );
  if (corners.length < 4) return null;
  const xs = corners.map(([x]) => x);
  const bottom = Math.max(...corners.map(([, y]) => y));
  return [Math.min(...xs), bottom - of.boxHeightPx, Math.max(...xs), bottom];
}

function moved({ middle, way }: Pick<Crossing, 'middle' | 'way'>, alongM: number, acrossM: number): Point {
  return [middle[0] + alongM * way[0] - acrossM * way[1], middle[1] + alongM * way[1] + acrossM * way[0]];
}

/** Metres of a pixel to the side, where there is no foreshortening: those of an upright thing there, too. */
function sidewaysMPerPx(matrix: readonly number[], [x, y]: PointPx): number {
  const [here, beside] = [projectPoint(matrix, [x, y]), projectPoint(matrix, [x + 1, y])];
  if (here === null || beside === null) return Number.POSITIVE_INFINITY;
  return Math.hypot(beside[0] - here[0], beside[1] - here[1]);
}
