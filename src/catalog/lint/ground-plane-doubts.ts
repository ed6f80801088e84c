import { skewDeg } from '../../base/camera-likeness.ts';
import { calibrateRoad } from '../../base/road-plane.ts';
import type { Doubt } from '../load/problem.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera } from '../schema/site.ts';

/** Jumping pixels and tapes come to 5 degrees at most, pixels that are not square (704 × 576) to 5, lenses to a few. */
const LIKELY_DEG = 12;

/** Marks that agree with each other and with no camera: four always agree. */
export function groundPlaneDoubts(camera: Camera, path: Path): readonly Doubt[] {
  const { groundPlane, id, picture } = camera;
  if (groundPlane === undefined) return [];
  const deg = Math.round(skewDeg(calibrateRoad(groundPlane, camera).plane.matrix, picture));
  if (deg <= LIKELY_DEG) return [];
  return [
    {
      path: [...path, 'groundPlane'],
      message: `the marks of ${id} show the road as hardly any camera sees it (${deg} degrees off): one may be wrong`,
      hint: 'Compare px and m of every mark, and measure a fifth and a sixth: then each checks the others.',
      chinese: `${id} 的标记点与任何相机的视角都不符（偏差 ${deg} 度），可能有一个填错；请逐一核对，并增加标记点。`,
    },
  ];
}
