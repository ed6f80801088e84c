import { type Homography, projectPoint } from '../../base/homography.ts';
import { calibrateRoad } from '../../base/road-plane.ts';
import type { Doubt } from '../load/problem.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera } from '../schema/site.ts';
import { isInside, type Point } from './geometry.ts';

/** Motor lanes are 2.5 to 4 m wide, ramps with one lane up to 6; a cycle lane may be narrow. */
const LEAST_M = 1;
const MOST_M = 6.5;
const STEPS = 50;

/** Lanes that are as wide as no lane is, by the marks: those were measured in feet, or two lanes were drawn as one. */
export function laneWidthDoubts(camera: Camera, path: Path): readonly Doubt[] {
  if (camera.groundPlane === undefined) return [];
  const { matrix } = calibrateRoad(camera.groundPlane, camera).plane;
  return camera.lanes.flatMap((lane, index): Doubt[] => {
    const widthM = laneWidthM(matrix, lane);
    if (widthM === null || (widthM >= LEAST_M && widthM <= MOST_M)) return [];
    const found = widthM.toFixed(1);
    return [
      {
        path: [...path, 'lanes', index, 'polygon'],
        message: `by groundPlane ${lane.lane} is ${found} m wide at its counting line; lanes are ${LEAST_M} to ${MOST_M} m`,
        hint: 'Are all marks in metres (1 ft is 0.3048 m), and is one lane drawn, not two?',
        chinese:
          `按 groundPlane，${lane.lane} 在计数线处宽 ${found} 米（车道一般为 ${LEAST_M} 至 ${MOST_M} 米）：` +
          '标记是否以米为单位（1 英尺为 0.3048 米）？是否把两条车道画成了一条？',
      },
    ];
  });
}

/** Across the way of travel, of the part of the counting line that lies in the lane, m; null where it cannot be told. */
function laneWidthM(
  matrix: Homography,
  { polygon, countLine, direction }: Camera['lanes'][number],
): number | null {
  const [[x1, y1], [x2, y2]] = countLine;
  const within = Array.from({ length: STEPS + 1 }, (_, step): Point => {
    const t = step / STEPS;
    return [x1 + t * (x2 - x1), y1 + t * (y2 - y1)];
  }).filter((point) => isInside(polygon, point));
  const [from, to] = [within[0], within.at(-1)].map((px) => px && projectPoint(matrix, px));
  const [start, end] = direction.map((px) => projectPoint(matrix, px));
  if (!(from && to && start && end)) return null;
  const way = [end[0] - start[0], end[1] - start[1]] as const;
  const lengthM = Math.hypot(...way);
  if (lengthM === 0) return null;
  return Math.abs((to[0] - from[0]) * way[1] - (to[1] - from[1]) * way[0]) / lengthM;
}
