import { type Homography, invertHomography, pixelOf, projectPoint } from '../../base/homography.ts';
import type { RoadPlane } from '../../base/road-plane.ts';
import type { PointM } from '../lane-ground.ts';
import type { VehicleClass } from '../observations/observation.ts';
import { FOOT_JITTER_PX, FOOT_JITTER_SHARE } from './ground-speed.ts';

export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

/** No length is published whose bound is wider than this share of it, percent. */
export const MAX_LENGTH_UNCERTAINTY_PCT = 20;
/** A box this close to the border of what is looked at is cut off there, px. */
const BORDER_PX = 3;
/**
 * Width of vehicles and half of its range, m: a box shows both ends of a vehicle and both sides, and one of the
 * two has to be known. Cars and vans without mirrors; lorries and buses as GB 1589-2016 allows.
 */
const WIDTH_M: Readonly<Record<VehicleClass, readonly [width: number, halfRange: number]>> = {
  car: [1.8, 0.2],
  van: [1.9, 0.3],
  truck: [2.4, 0.3],
  bus: [2.5, 0.15],
  motorcycle: [0.8, 0.3],
  bicycle: [0.6, 0.2],
  person: [0.5, 0.2],
  unknown: [1.9, 0.6],
};
/**
 * Sides lean outwards in a picture taken from above, so that a roof may be seen beyond the corners on the road:
 * on drawn blocks of all headings from 5 to 12 m up that makes lengths 4 % too long, within 8 % (see the test).
 */
const LEAN = 1.04;
const LEAN_PCT = 8;
const STEPS = 12;
const NEAR_PX = 0.01;
/** For the derivatives, m. */
const STEP_M = 1e-4;
/** Of a rectangle around its middle, in its length and width. */
const CORNERS = [
  [-0.5, -0.5],
  [-0.5, 0.5],
  [0.5, -0.5],
  [0.5, 0.5],
] as const;
/** Pixels cubed for metres cubed below which the three edges do not determine the three unknowns. */
const SINGULAR = 1e-6;
/** What drives on roads, with some room. */
const SHORTEST_M = 0.5;
const LONGEST_M = 30;

export interface VehicleLength {
  readonly lengthM: number;
  /** Half width of the bound, percent. */
  readonly uncertaintyPct: number;
}

/** What a box is judged with. */
export interface LengthView {
  readonly plane: RoadPlane;
  readonly visible: Box;
  /** Unit vector of the vehicle's movement on the road. */
  readonly way: PointM;
  readonly class: VehicleClass;
}

/**
 * Length of a vehicle from its box: the rectangle on the road, as wide as its class and along its movement, whose
 * corners appear at the box's left, right and lower edge. Sides are taken as upright in the picture.
 *
 * @returns null where a box does not determine it: cut off at the border, or a view along the lane, in which the
 *   box shows the width and not the length
 */
export function vehicleLength(box: Box, view: LengthView): VehicleLength | null {
  const [x1, y1, x2, y2] = box;
  if (!isFootSeen(box, view.visible) || y1 < view.visible[1] + BORDER_PX) return null;
  const [widthM, halfRangeM] = WIDTH_M[view.class];
  const inView = { ...view, roadToPicture: invertHomography(view.plane.matrix) };
  const lengthM = solveLength({ x1, x2, y2, widthM }, inView);
  if (lengthM === null) return null;
  const jitterPx = 2 * Math.max(FOOT_JITTER_PX, FOOT_JITTER_SHARE * (y2 - y1));
  const varied: readonly BoxEdges[] = [
    { x1: x1 - jitterPx, x2, y2, widthM },
    { x1, x2: x2 + jitterPx, y2, widthM },
    { x1, x2, y2: y2 + jitterPx, widthM },
    { x1, x2, y2, widthM: widthM + halfRangeM },
  ];
  let squares = 0;
  for (const edges of varied) {
    const other = solveLength(edges, inView);
    if (other === null) return null;
    squares += (other - lengthM) ** 2;
  }
  const uncertaintyPct = Math.hypot((100 * Math.sqrt(squares)) / lengthM, LEAN_PCT);
  return uncertaintyPct <= MAX_LENGTH_UNCERTAINTY_PCT ? { lengthM: lengthM / LEAN, uncertaintyPct } : null;
}

/** Whether the middle of a box's lower edge is the vehicle's: not where the border cuts off a side or the foot. */
export function isFootSeen([x1, , x2, y2]: Box, [left, , right, bottom]: Box): boolean {
  return x1 >= left + BORDER_PX && x2 <= right - BORDER_PX && y2 <= bottom - BORDER_PX;
}

interface BoxEdges {
  readonly x1: number;
  readonly x2: number;
  readonly y2: number;
  readonly widthM: number;
}

/** Newton's method on the rectangle's middle and length; its corners that count may change on the way. */
function solveLength(
  edges: BoxEdges,
  { plane, way, roadToPicture }: LengthView & { readonly roadToPicture: Homography },
): number | null {
  const start = projectPoint(plane.matrix, [(edges.x1 + edges.x2) / 2, edges.y2]);
  if (start === null) return null;
  const missBy = ([x, y, lengthM]: Unknowns): Unknowns | null => {
    let [leftPx, rightPx, lowestPx] = [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    for (const [along, across] of CORNERS) {
      const [a, c] = [along * lengthM, across * edges.widthM];
      const corner: PointM = [x + a * way[0] - c * way[1], y + a * way[1] + c * way[0]];
      const pixel = pixelOf(roadToPicture, corner);
      if (pixel === null) return null;
      leftPx = Math.min(leftPx, pixel[0]);
      rightPx = Math.max(rightPx, pixel[0]);
      lowestPx = Math.max(lowestPx, pixel[1]);
    }
    return [leftPx - edges.x1, rightPx - edges.x2, lowestPx - edges.y2];
  };
  return newton([start[0], start[1], 4.5], missBy);
}

type Unknowns = readonly [number, number, number];

function newton(start: Unknowns, missBy: (at: Unknowns) => Unknowns | null): number | null {
  let at = start;
  for (let step = 0; step < STEPS; step += 1) {
    const miss = missBy(at);
    if (miss === null) return null;
    const [x, y, lengthM] = at;
    if (Math.max(...miss.map(Math.abs)) < NEAR_PX) return lengthM;
    const moved = [
      missBy([x + STEP_M, y, lengthM]),
      missBy([x, y + STEP_M, lengthM]),
      missBy([x, y, lengthM + STEP_M]),
    ];
    const [a, b, c] = moved.map((next) => next?.map((value, i) => (value - (miss[i] ?? 0)) / STEP_M));
    if (!a || !b || !c) return null;
    const whole = determinant(a, b, c);
    if (Math.abs(whole) < SINGULAR) return null;
    const nextM = lengthM - determinant(a, b, miss) / whole;
    at = [
      x - determinant(miss, b, c) / whole,
      y - determinant(a, miss, c) / whole,
      Math.min(LONGEST_M, Math.max(SHORTEST_M, nextM)),
    ];
  }
  return null;
}

function determinant(a: readonly number[], b: readonly number[], c: readonly number[]): number {
  const [a0 = 0, a1 = 0, a2 = 0] = a;
  const [b0 = 0, b1 = 0, b2 = 0] = b;
  const [c0 = 0, c1 = 0, c2 = 0] = c;
  return a0 * (b1 * c2 - b2 * c1) - b0 * (a1 * c2 - a2 * c1) + c0 * (a1 * b2 - a2 * b1);
}
