import type { Finding } from '../load/problem.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera } from '../schema/site.ts';
import { areaOf, type Point, selfCrossing } from './geometry.ts';

const code = 'config-conflict';
/** An area smaller than this in the picture cannot hold a road user that a detector finds. */
const AREA_MIN_PX2 = 100;

/** Whether an outline is one, goes around its place once, and is large enough. */
export function outlineFindings(
  polygon: readonly Point[],
  { path, place }: { readonly path: Path; readonly place: 'lane' | 'zone' },
): readonly Finding[] {
  const crossing = selfCrossing(polygon);
  if (crossing !== null) {
    const [first, second] = crossing.map((side) => side + 1);
    const found = `sides ${first} and ${second} crossing`;
    const message = `expected an outline that does not cross itself, found ${found}`;
    return [{ code, path, message, hint: `Name the corners in order, going once around the ${place}.` }];
  }
  const area = areaOf(polygon);
  if (area >= AREA_MIN_PX2) return [];
  const message = `expected an area of at least ${AREA_MIN_PX2} square pixels, found ${area.toFixed(0)}`;
  return [{ code, path, message, hint: `Draw the whole visible road surface of the ${place}.` }];
}

export function outsidePicture(
  points: readonly Point[],
  at: { readonly camera: Camera; readonly path: Path },
): readonly Finding[] {
  const { widthPx, heightPx } = at.camera.picture;
  const wrong = points.find(([x, y]) => x > widthPx || y > heightPx);
  if (wrong === undefined) return [];
  const found = JSON.stringify(wrong);
  const message = `expected points in the picture of ${widthPx} x ${heightPx} pixels, found ${found}`;
  return [
    { code, path: at.path, message, hint: 'All points are [x, y] in pixels of this camera’s picture.' },
  ];
}
