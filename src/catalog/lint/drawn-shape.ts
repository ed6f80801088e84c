import type { Finding } from '../load/problem.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera } from '../schema/site.ts';
import { areaOf, type Point, selfCrossing } from './geometry.ts';

const code = 'config-conflict';
/** An area smaller than this in the picture cannot hold a road user that a detector finds. */
const AREA_MIN_PX2 = 100;

const PLACES = { lane: '车道', zone: '区域' } as const;

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
    const hint = `Name the corners in order, going once around the ${place}.`;
    const chinese = `轮廓的第 ${first} 边与第 ${second} 边相交：请沿${PLACES[place]}一圈依次填写各角点。`;
    return [{ code, path, message, hint, chinese }];
  }
  const area = areaOf(polygon);
  if (area >= AREA_MIN_PX2) return [];
  const message = `expected an area of at least ${AREA_MIN_PX2} square pixels, found ${area.toFixed(0)}`;
  const chinese = `面积只有 ${area.toFixed(0)} 平方像素：请画出${PLACES[place]}可见的整个路面。`;
  return [{ code, path, message, hint: `Draw the whole visible road surface of the ${place}.`, chinese }];
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
  const interchanged = points.every(([x, y]) => y <= widthPx && x <= heightPx);
  const hint = `All points are [x, y] in pixels of this camera’s picture${interchanged ? '; are x and y interchanged?' : '.'}`;
  const chinese =
    `点 ${found} 超出 ${widthPx} × ${heightPx} 像素的画面：点写作 [x, y]，单位为 picture 的像素` +
    `${interchanged ? '；x 与 y 是否写反？' : '。'}`;
  return [{ code, path: at.path, message, hint, chinese }];
}
