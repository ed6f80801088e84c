import { projectPoint } from '../../../base/homography.ts';
import { round } from '../../../base/units.ts';
import type { RoadObject } from '../../../traffic/observations/observation.ts';
import type { CameraPlan } from '../../contract.ts';
import { boxInPicture, type PicturePlacement } from '../camera-picture.ts';
import type { StillObject } from './still-objects.ts';

/** As those of tracks. */
const PIXEL_DECIMALS = 1;
const METRE_DECIMALS = 2;

/** What still objects claim about the road. */
export function observeObjects(picture: {
  readonly camera: Pick<CameraPlan, 'id' | 'homography'>;
  readonly placement: PicturePlacement;
  readonly objects: readonly StillObject[];
  readonly atMs: number;
}): readonly RoadObject[] {
  const { camera, placement, objects, atMs } = picture;
  return objects.map(({ object, box, sinceMs, present }) => {
    const pixels = (value: number): number => round(value, PIXEL_DECIMALS);
    const [x1, y1, x2, y2] = boxInPicture(placement, box);
    const foot = [(x1 + x2) / 2, y2] as const;
    const ground = camera.homography && projectPoint(camera.homography, foot);
    return {
      kind: 'road-object',
      camera: camera.id,
      object,
      atMs,
      sinceMs,
      box: [pixels(x1), pixels(y1), pixels(x2), pixels(y2)],
      foot: [pixels(foot[0]), pixels(foot[1])],
      groundM: ground && [round(ground[0], METRE_DECIMALS), round(ground[1], METRE_DECIMALS)],
      present,
    };
  });
}
