import { projectPoint } from '../../base/homography.ts';
import { calibrateRoad } from '../../base/road-plane.ts';
import { detectorInput } from '../derive/detector-input.ts';
import type { Doubt } from '../load/problem.ts';
import type { Path } from '../schema/json-schema.ts';
import type { ModelCard } from '../schema/model-card.ts';
import type { Camera } from '../schema/site.ts';

/** Lower vehicles and people are missed now and then (limits of the shipped model's card), pixels of the net's input. */
const LEAST_HEIGHT_PX = 25;
/** Of a car; people are as high. */
const CAR_HEIGHT_M = 1.5;
/** Of what a counting line crosses, where nothing was measured. */
const LANE_WIDTH_M = 3.5;
/** A line that is steeper in the picture is drawn along the camera's view, and its length tells no width. */
const MAX_STEEPNESS = 0.5;

/** Lanes whose vehicles are too small in what the detector sees, and detail that the model cannot give. */
export function detailDoubts(
  camera: Camera,
  { card, path }: { readonly card: ModelCard; readonly path: Path },
): readonly Doubt[] {
  const input = detectorInput(camera, card.input) ?? card.input;
  const shown = camera.crop ?? camera.picture;
  const scale = Math.min(input.widthPx / shown.widthPx, input.heightPx / shown.heightPx);
  const canGrow = camera.detail === 'normal' && card.input.anySize;
  const small = camera.lanes.flatMap(({ lane, countLine }, index): Doubt[] => {
    const pxPerM = pxPerMetre(camera, countLine);
    const heightPx = pxPerM === null ? null : Math.round(CAR_HEIGHT_M * pxPerM * scale);
    if (heightPx === null || heightPx >= LEAST_HEIGHT_PX) return [];
    return [
      {
        path: [...path, 'lanes', index, 'countLine'],
        message:
          `a car at the counting line of ${lane} is about ${heightPx} pixels high in what the detector sees; ` +
          `below ${LEAST_HEIGHT_PX} some are missed`,
        hint: canGrow
          ? 'Crop closer to the road, or set detail: high for this camera (2.3 times the computing).'
          : 'Crop closer to the road, draw the line nearer to the camera, or zoom in.',
        chinese:
          `${lane} 计数线处的小客车在检测输入中只有约 ${heightPx} 像素高（应不低于 ${LEAST_HEIGHT_PX}），会漏检；` +
          (canGrow
            ? '请把 crop 缩小到路面，或设置 detail: high。'
            : '请把 crop 缩小到路面，或将计数线移近。'),
      },
    ];
  });
  if (camera.detail === 'normal' || card.input.anySize) return small;
  const fixed: Doubt = {
    path: [...path, 'detail'],
    message: `${card.model} computes only its own size: detail high changes nothing`,
    hint: 'Leave detail out, or see anySize in docs/models.md.',
    chinese: `模型 ${card.model} 只能用自身的输入尺寸，detail: high 不起作用。`,
  };
  return [fixed, ...small];
}

/**
 * Pixels of the picture that a metre takes upright at a counting line: about as many as across the view at that
 * distance, because cameras look at the road obliquely. Null where the drawing does not tell.
 */
function pxPerMetre(
  camera: Pick<Camera, 'groundPlane' | 'marksAccuracyM'>,
  [from, to]: Camera['lanes'][number]['countLine'],
): number | null {
  const { groundPlane } = camera;
  if (groundPlane === undefined) {
    const [dx, dy] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
    return dy > MAX_STEEPNESS * dx ? null : Math.hypot(dx, dy) / LANE_WIDTH_M;
  }
  const { matrix } = calibrateRoad(groundPlane, camera).plane;
  const [x, y] = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const [left, right] = [projectPoint(matrix, [x - 0.5, y]), projectPoint(matrix, [x + 0.5, y])];
  if (left === null || right === null) return null;
  const metres = Math.hypot(right[0] - left[0], right[1] - left[1]);
  return metres > 0 ? 1 / metres : null;
}
