import { round } from '../../base/units.ts';
import type { LanePlan } from '../traffic/lane-plan.ts';
import { type CameraView, projectGround } from './camera-view.ts';
import { type GroundPoint, groundYM, laneEdges } from './road-layout.ts';

export type PicturePoint = readonly [number, number];

/** A lane as a technician would draw it into the camera's picture, in its pixels. */
export interface LaneDrawing {
  readonly lane: string;
  readonly polygon: readonly PicturePoint[];
  /** Across the lane at the leading edge of its entry loop. */
  readonly countLine: readonly [PicturePoint, PicturePoint];
  readonly direction: readonly [PicturePoint, PicturePoint];
}

/** Drawings are exact to a tenth of a pixel. */
const PIXEL_DECIMALS = 1;

export function drawLane(view: CameraView, lane: LanePlan): LaneDrawing {
  if (lane.viewM === null) throw new RangeError(`no camera looks at lane ${lane.lane}`);
  const { from, to } = lane.viewM;
  return drawStretch(view, {
    ...{ lane: lane.lane, lineYM: 0 },
    ...{ startYM: groundYM(from), endYM: groundYM(to), ...laneEdges(lane) },
  });
}

/** A lane's straight stretch from `startYM` to `endYM`, in the direction of travel, counted at `lineYM`. */
export function drawStretch(
  view: CameraView,
  stretch: {
    readonly lane: string;
    readonly fromXM: number;
    readonly toXM: number;
    readonly startYM: number;
    readonly endYM: number;
    readonly lineYM: number;
  },
): LaneDrawing {
  const { lane, fromXM, toXM, startYM, endYM, lineYM } = stretch;
  const outline = (
    [
      [fromXM, startYM],
      [toXM, startYM],
      [toXM, endYM],
      [fromXM, endYM],
    ] as const
  ).map((point) => projectGround(view, point));
  const centreXM = (fromXM + toXM) / 2;
  return {
    lane,
    polygon: clipToPicture(outline, view).map(rounded),
    countLine: [drawPoint(view, [fromXM, lineYM]), drawPoint(view, [toXM, lineYM])],
    direction: [drawPoint(view, [centreXM, startYM]), drawPoint(view, [centreXM, lineYM])],
  };
}

export function drawPoint(view: CameraView, point: GroundPoint): PicturePoint {
  return rounded(projectGround(view, point));
}

function rounded([x, y]: PicturePoint): PicturePoint {
  return [round(x, PIXEL_DECIMALS), round(y, PIXEL_DECIMALS)];
}

/** Cuts a convex polygon at the picture's borders (Sutherland & Hodgman 1974). */
function clipToPicture(polygon: readonly PicturePoint[], { picture }: CameraView): readonly PicturePoint[] {
  const borders: readonly ((point: PicturePoint) => number)[] = [
    ([x]) => x,
    ([x]) => picture.widthPx - x,
    ([, y]) => y,
    ([, y]) => picture.heightPx - y,
  ];
  return borders.reduce((points, insideBy) => clipAt(points, insideBy), polygon);
}

function clipAt(
  polygon: readonly PicturePoint[],
  insideBy: (point: PicturePoint) => number,
): readonly PicturePoint[] {
  return polygon.flatMap((point, index) => {
    const before = polygon.at(index - 1) ?? point;
    const [here, there] = [insideBy(point), insideBy(before)];
    const cut = (): PicturePoint => {
      const share = there / (there - here);
      return [before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])];
    };
    if (here >= 0) return there >= 0 ? [point] : [cut(), point];
    return there >= 0 ? [cut()] : [];
  });
}
