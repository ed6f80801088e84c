import type { GroundPoint } from './road-layout.ts';

/** The camera of the virtual intersection: an ideal pinhole, so that ground and picture agree exactly. */
export interface CameraView {
  /** x, height, y in metres; x and y as in GroundPoint. */
  readonly positionM: readonly [number, number, number];
  readonly lookAtM: readonly [number, number, number];
  readonly verticalFovDeg: number;
  readonly picture: { readonly widthPx: number; readonly heightPx: number };
  /** The part that shows the road, in the shape of the net's input. */
  readonly crop: {
    readonly x: number;
    readonly y: number;
    readonly widthPx: number;
    readonly heightPx: number;
  };
  readonly framesPerSecond: number;
}

/** A 6.2 m mast on the median: heavy vehicles keep to the other side and hide nobody. */
export const NORTH_CAMERA: CameraView = {
  positionM: [11.3, 6.2, -19],
  lookAtM: [4.2, 0.5, 3],
  verticalFovDeg: 30.5,
  picture: { widthPx: 960, heightPx: 540 },
  crop: { x: 64, y: 28, widthPx: 832, heightPx: 512 },
  framesPerSecond: 10,
};

type Vector = readonly [number, number, number];

/** Where a point on the ground, or above it, appears, in picture pixels, from the upper left corner. */
export function projectGround(
  view: CameraView,
  [xM, yM]: GroundPoint,
  aboveM = 0,
): readonly [number, number] {
  const forward = unit(minus(view.lookAtM, view.positionM));
  const right = unit(cross(forward, [0, 1, 0]));
  const up = cross(right, forward);
  const ray = minus([xM, aboveM, yM], view.positionM);
  const depthM = dot(ray, forward);
  const { widthPx, heightPx } = view.picture;
  const focalPx = heightPx / 2 / Math.tan((view.verticalFovDeg * Math.PI) / 360);
  return [
    widthPx / 2 + (focalPx * dot(ray, right)) / depthM,
    heightPx / 2 - (focalPx * dot(ray, up)) / depthM,
  ];
}

function minus(left: Vector, right: Vector): Vector {
  return [left[0] - right[0], left[1] - right[1], left[2] - right[2]];
}

function dot(left: Vector, right: Vector): number {
  return left[0] * right[0] + left[1] * right[1] + left[2] * right[2];
}

/** With x to the right, height up and y away the axes are left-handed: the product's sign is turned. */
function cross(left: Vector, right: Vector): Vector {
  return [
    left[2] * right[1] - left[1] * right[2],
    left[0] * right[2] - left[2] * right[0],
    left[1] * right[0] - left[0] * right[1],
  ];
}

function unit(vector: Vector): Vector {
  const length = Math.sqrt(dot(vector, vector));
  return [vector[0] / length, vector[1] / length, vector[2] / length];
}
