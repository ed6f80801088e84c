import { RoadsideError } from '../../base/errors.ts';
import { estimateHomography, type HomographyFit, projectPoint } from '../../base/homography.ts';
import type { Finding } from '../load/problem.ts';
import { suggestion } from '../load/suggest.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera, Site } from '../schema/site.ts';
import { angleBetweenDeg, areaOf, type Point, segmentTouches, selfCrossing } from './geometry.ts';
import { laneIdsOf } from './lane-conflicts.ts';

const code = 'config-conflict';
/** A lane smaller than this in the picture cannot hold a vehicle that a detector finds. */
const LANE_MIN_PX2 = 100;
/** A counting line nearer to the way of travel than this is crossed by hardly anyone. */
const COUNT_ANGLE_MIN_DEG = 15;

/** Marks that fit one road plane no better than this were measured or typed wrongly, metres. */
const MARK_ERROR_MAX_M = 1;

/** Whether what is drawn on each camera's picture is in it, makes sense, and names lanes that exist. */
export function lintCameras(site: Site): readonly Finding[] {
  const lanes = laneIdsOf(site);
  return site.cameras.flatMap((camera, c) => {
    const path = ['cameras', c];
    return [
      ...modelFindings(site, { camera, path }),
      ...credentialFindings(camera, path),
      ...decoderFindings(camera, path),
      ...cropFindings(camera, path),
      ...groundFindings(camera, path),
      ...camera.lanes.flatMap((lane, l) => {
        const lanePath = [...path, 'lanes', l];
        return [
          ...referenceFindings(camera, { index: l, lanes, path: lanePath }),
          ...drawingFindings(lane, { camera, path: lanePath }),
        ];
      }),
    ];
  });
}

function modelFindings(site: Site, at: { camera: Camera; path: Path }): readonly Finding[] {
  const first = site.cameras[0]?.model;
  if (first === undefined || at.camera.model === first) return [];
  return [
    {
      code,
      path: [...at.path, 'model'],
      message: `expected ${first} as for the first camera, found "${at.camera.model}"`,
      hint: 'All cameras of a site share one detector model in memory.',
    },
  ];
}

function credentialFindings({ source }: Camera, path: Path): readonly Finding[] {
  if (source.kind === 'file' || (source.user === undefined) === (source.passwordFile === undefined))
    return [];
  const missing = source.user === undefined ? 'user' : 'passwordFile';
  const message = `expected ${missing} too, found nothing`;
  return [
    { code, path: [...path, 'source'], message, hint: 'A camera login is user and passwordFile together.' },
  ];
}

/** A memory-to-memory decoder is of one codec, and it does not fall back to the processor. */
function decoderFindings({ source, decoder }: Camera, path: Path): readonly Finding[] {
  if (source.kind !== 'http-mjpeg' || !decoder.endsWith('-v4l2m2m')) return [];
  const message = `expected a decoder for JPEG, found ${decoder}`;
  return [{ code, path: [...path, 'decoder'], message, hint: 'Leave decoder out for an http-mjpeg camera.' }];
}

function cropFindings(camera: Camera, path: Path): readonly Finding[] {
  const { crop, picture } = camera;
  if (crop === undefined) return [];
  const right = crop.x + crop.widthPx;
  const bottom = crop.y + crop.heightPx;
  if (right <= picture.widthPx && bottom <= picture.heightPx) return [];
  const message =
    `expected a part of the picture of ${picture.widthPx} x ${picture.heightPx} pixels, ` +
    `found one that ends at ${right}, ${bottom}`;
  return [
    { code, path: [...path, 'crop'], message, hint: 'x + widthPx and y + heightPx stay within the picture.' },
  ];
}

function groundFindings(camera: Camera, path: Path): readonly Finding[] {
  const marks = camera.groundPlane;
  if (marks === undefined) return [];
  const place = [...path, 'groundPlane'];
  const outside = marks.flatMap((mark, index) =>
    outsidePicture([mark.px], { camera, path: [...place, index, 'px'] }),
  );
  if (outside.length > 0) return outside;
  let fit: HomographyFit;
  try {
    fit = estimateHomography(marks);
  } catch (error) {
    if (!(error instanceof RoadsideError)) throw error;
    return [{ code, path: place, message: error.message, hint: error.hint }];
  }
  return [...misplacedMarks(fit, place), ...beyondHorizon(fit, { camera, path })];
}

/** Five or more marks contradict each other when one is wrong; which one, least squares cannot tell. */
function misplacedMarks(fit: HomographyFit, path: Path): readonly Finding[] {
  const worstM = Math.max(...fit.errorsM);
  if (worstM <= MARK_ERROR_MAX_M) return [];
  const found = `${worstM.toFixed(1)} m between them`;
  const message = `expected marks that agree within ${MARK_ERROR_MAX_M} m, found ${found}`;
  const hint = 'Look for a typing error in one mark, or one measured from another corner than the others.';
  return [{ code, path, message, hint }];
}

function beyondHorizon(fit: HomographyFit, at: { camera: Camera; path: Path }): readonly Finding[] {
  return at.camera.lanes.flatMap((lane, l): Finding[] => {
    if (lane.countLine.every((point) => projectPoint(fit.matrix, point) !== null)) return [];
    const message = 'expected a line on the road, found one above the horizon that groundPlane gives';
    const hint = 'Check the marks of groundPlane: px and m of each must be the same place on the road.';
    return [{ code, path: [...at.path, 'lanes', l, 'countLine'], message, hint }];
  });
}

function referenceFindings(
  camera: Camera,
  at: { readonly index: number; readonly lanes: readonly string[]; readonly path: Path },
): readonly Finding[] {
  const name = camera.lanes[at.index]?.lane ?? '';
  const path = [...at.path, 'lane'];
  if (!at.lanes.includes(name)) {
    const message = `expected a lane of this file, found "${name}"`;
    return [{ code, path, message, hint: suggestion(name, at.lanes) }];
  }
  if (camera.lanes.findIndex((lane) => lane.lane === name) === at.index) return [];
  const message = `expected each lane once in a camera, found "${name}" again`;
  return [{ code, path, message, hint: 'Draw one polygon for the whole lane, or name the other lane.' }];
}

function drawingFindings(
  lane: Camera['lanes'][number],
  at: { readonly camera: Camera; readonly path: Path },
): readonly Finding[] {
  const { camera } = at;
  const parts = [
    { key: 'polygon', points: lane.polygon },
    { key: 'countLine', points: lane.countLine },
    { key: 'direction', points: lane.direction },
  ] as const;
  const outside = parts.flatMap(({ key, points }) =>
    outsidePicture(points, { camera, path: [...at.path, key] }),
  );
  if (outside.length > 0) return outside;
  return [...polygonFindings(lane.polygon, at.path), ...lineFindings(lane, at)];
}

function polygonFindings(polygon: readonly Point[], lanePath: Path): readonly Finding[] {
  const path = [...lanePath, 'polygon'];
  const crossing = selfCrossing(polygon);
  if (crossing !== null) {
    const [first, second] = crossing.map((side) => side + 1);
    const found = `sides ${first} and ${second} crossing`;
    const message = `expected an outline that does not cross itself, found ${found}`;
    return [{ code, path, message, hint: 'Name the corners in order, going once around the lane.' }];
  }
  const area = areaOf(polygon);
  if (area >= LANE_MIN_PX2) return [];
  const message = `expected an area of at least ${LANE_MIN_PX2} square pixels, found ${area.toFixed(0)}`;
  return [{ code, path, message, hint: 'Draw the whole visible road surface of the lane.' }];
}

function lineFindings(
  lane: Camera['lanes'][number],
  at: { readonly camera: Camera; readonly path: Path },
): readonly Finding[] {
  const path = [...at.path, 'countLine'];
  const angle = angleBetweenDeg(lane.countLine, lane.direction);
  if (angle === null) {
    const same = lane.direction[0].every((value, axis) => value === lane.direction[1][axis]);
    const key = same ? 'direction' : 'countLine';
    const message = `expected two different points, found ${JSON.stringify(lane[key][0])} twice`;
    return [{ code, path: [...at.path, key], message, hint: 'A line needs a beginning and another end.' }];
  }
  if (!segmentTouches(lane.polygon, lane.countLine)) {
    const message = 'expected a line across the polygon of the lane, found one that does not touch it';
    return [{ code, path, message, hint: 'Draw the line where vehicles of this lane drive.' }];
  }
  if (angle < COUNT_ANGLE_MIN_DEG) {
    const found = `${angle.toFixed(0)} degrees between them`;
    const message = `expected a line across the direction of travel, found ${found}`;
    return [{ code, path, message, hint: 'Draw the line from one edge of the lane to the other.' }];
  }
  const { crop } = at.camera;
  if (crop === undefined || lane.countLine.every((point) => isWithin(point, crop))) return [];
  const message = 'expected a line within crop, found one that ends outside it';
  return [{ code, path, message, hint: 'Nothing outside crop is seen: make crop larger or move the line.' }];
}

function isWithin([x, y]: Point, crop: NonNullable<Camera['crop']>): boolean {
  return x >= crop.x && y >= crop.y && x <= crop.x + crop.widthPx && y <= crop.y + crop.heightPx;
}

function outsidePicture(
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
