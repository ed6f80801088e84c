import { RoadsideError } from '../../base/errors.ts';
import { projectPoint } from '../../base/homography.ts';
import { isMirrored } from '../../base/mark-mistakes.ts';
import { calibrateRoad, type RoadCalibration } from '../../base/road-plane.ts';
import type { Finding } from '../load/problem.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera } from '../schema/site.ts';
import { outsidePicture } from './drawn-shape.ts';

const code = 'config-conflict';
/** Marks that fit one road plane no better than this were measured or typed wrongly, metres. */
const MARK_ERROR_MAX_M = 1;
/** A mark without which the others agree so many times better is the wrong one. */
const STANDS_OUT = 4;

/** Whether the marks of a camera determine the road plane, agree, and show the road and not its mirror image. */
export function groundFindings(camera: Camera, path: Path): readonly Finding[] {
  const marks = camera.groundPlane;
  if (marks === undefined) return [];
  const place = [...path, 'groundPlane'];
  const outside = marks.flatMap((mark, index) =>
    outsidePicture([mark.px], { camera, path: [...place, index, 'px'] }),
  );
  if (outside.length > 0) return outside;
  let fit: RoadCalibration;
  try {
    fit = calibrateRoad(marks, camera);
  } catch (error) {
    if (!(error instanceof RoadsideError)) throw error;
    const chinese =
      '标记点无法确定路面：可能有标记共线、互换或填错；px 与 m 须是同一位置，标记应像盒子四角一样分散，请重新测量。';
    return [{ code, path: place, message: error.message, hint: error.hint, chinese }];
  }
  if (isMirrored(marks, fit.plane.matrix)) return [mirrored(place)];
  return [...misplacedMarks(fit, place), ...beyondHorizon(fit, { camera, path })];
}

function mirrored(path: Path): Finding {
  const message = 'expected a plan as seen from above, found its mirror image';
  const hint =
    'Left and right marks were mixed up, or one axis counts the wrong way: with x to the right in the picture, ' +
    'y counts away from the camera.';
  const chinese =
    '标记点构成镜像：左右标记混淆，或某一坐标轴方向相反；x 向画面右侧为正，y 向远离摄像机为正。';
  return { code, path, message, hint, chinese };
}

function misplacedMarks(fit: RoadCalibration, path: Path): readonly Finding[] {
  const worstM = Math.max(...fit.marks.map(({ errorM }) => errorM));
  if (worstM <= MARK_ERROR_MAX_M) return [];
  const suspect = misplacedMark(fit);
  const message = `expected marks that agree within ${MARK_ERROR_MAX_M} m, found `;
  if (suspect === null) {
    const hint = 'Look for a typing error in one mark, or one measured from another corner than the others.';
    const found = Number.isFinite(worstM) ? `${worstM.toFixed(1)} m between them` : 'one that fits no plane';
    const chinese = `标记点互相不符（应在 ${MARK_ERROR_MAX_M} 米以内）：请检查是否有一个填错，或从另一个原点测量。`;
    return [{ code, path, message: message + found, hint, chinese }];
  }
  const hint = `Correct mark ${suspect.index + 1}, in px or in m, or leave it out: without it the others agree.`;
  const found = `mark ${suspect.index + 1} ${suspect.errorM.toFixed(1)} m from where the others put it`;
  const chinese = `第 ${suspect.index + 1} 个标记点与其余相差 ${suspect.errorM.toFixed(1)} 米：请改正其 px 或 m，或删去它。`;
  return [{ code, path: [...path, suspect.index], message: message + found, hint, chinese }];
}

/** Four marks always agree, so from six on one wrong mark can be told from the others. */
function misplacedMark({
  marks,
}: RoadCalibration): { readonly index: number; readonly errorM: number } | null {
  const without = marks
    .flatMap(({ leftOut }, index) => (leftOut === null ? [] : [{ index, ...leftOut }]))
    .toSorted((a, b) => a.othersRmsM - b.othersRmsM);
  const [first, second] = without;
  if (marks.length < 6 || first === undefined || second === undefined) return null;
  return second.othersRmsM > STANDS_OUT * first.othersRmsM ? first : null;
}

function beyondHorizon({ plane }: RoadCalibration, at: { camera: Camera; path: Path }): readonly Finding[] {
  return at.camera.lanes.flatMap((lane, l) =>
    (['countLine', 'stopLine', 'direction'] as const).flatMap((key): Finding[] => {
      if (lane[key]?.every((point) => projectPoint(plane.matrix, point) !== null) ?? true) return [];
      const message = 'expected a line on the road, found one above the horizon that groundPlane gives';
      const hint =
        'Draw it on the road, or check the marks of groundPlane: px and m of each must be the same place.';
      const chinese = `${key} 位于 groundPlane 给出的地平线以上：请画在路面上，或核对各标记的 px 与 m。`;
      return [{ code, path: [...at.path, 'lanes', l, key], message, hint, chinese }];
    }),
  );
}
