import type { Finding } from '../load/problem.ts';
import { chineseSuggestion, suggestion } from '../load/suggest.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera, Site } from '../schema/site.ts';
import { outlineFindings, outsidePicture } from './drawn-shape.ts';
import { angleBetweenDeg, type Point, segmentTouches } from './geometry.ts';
import { groundFindings } from './ground-plane-conflicts.ts';
import { laneIdsOf } from './lane-conflicts.ts';
import { zoneFindings } from './zone-conflicts.ts';

const code = 'config-conflict';
/** A counting line nearer to the way of travel than this is crossed by hardly anyone. */
const COUNT_ANGLE_MIN_DEG = 15;

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
      ...zoneFindings(camera, { lanes, path }),
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
      chinese: `同一站点的摄像机共用一个检测模型：此处应为 ${first}。`,
    },
  ];
}

function credentialFindings({ source }: Camera, path: Path): readonly Finding[] {
  if (source.kind === 'file' || (source.user === undefined) === (source.passwordFile === undefined))
    return [];
  const missing = source.user === undefined ? 'user' : 'passwordFile';
  const message = `expected ${missing} too, found nothing`;
  const hint = 'A camera login is user and passwordFile together.';
  return [
    {
      code,
      path: [...path, 'source'],
      message,
      hint,
      chinese: `user 与 passwordFile 须同时填写，缺少 ${missing}。`,
    },
  ];
}

/** A memory-to-memory decoder is of one codec, and it does not fall back to the processor. */
function decoderFindings({ source, decoder }: Camera, path: Path): readonly Finding[] {
  if (source.kind !== 'http-mjpeg' || !decoder.endsWith('-v4l2m2m')) return [];
  const message = `expected a decoder for JPEG, found ${decoder}`;
  const hint = 'Leave decoder out for an http-mjpeg camera.';
  return [
    { code, path: [...path, 'decoder'], message, hint, chinese: 'http-mjpeg 摄像机请不要填写 decoder。' },
  ];
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
  const hint = 'x + widthPx and y + heightPx stay within the picture.';
  const chinese = `crop 超出 ${picture.widthPx} × ${picture.heightPx} 的画面：x + widthPx 和 y + heightPx 不得超过画面。`;
  return [{ code, path: [...path, 'crop'], message, hint, chinese }];
}

function referenceFindings(
  camera: Camera,
  at: { readonly index: number; readonly lanes: readonly string[]; readonly path: Path },
): readonly Finding[] {
  const name = camera.lanes[at.index]?.lane ?? '';
  const path = [...at.path, 'lane'];
  if (!at.lanes.includes(name)) {
    const message = `expected a lane of this file, found "${name}"`;
    const chinese = `本文件中没有车道 "${name}"。${chineseSuggestion(name, at.lanes)}`;
    return [{ code, path, message, hint: suggestion(name, at.lanes), chinese }];
  }
  if (camera.lanes.findIndex((lane) => lane.lane === name) === at.index) return [];
  const message = `expected each lane once in a camera, found "${name}" again`;
  const hint = 'Draw one polygon for the whole lane, or name the other lane.';
  const chinese = `该摄像机中车道 "${name}" 出现了两次：整条车道画一个多边形，或改为另一条车道。`;
  return [{ code, path, message, hint, chinese }];
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
    { key: 'stopLine', points: lane.stopLine ?? [] },
  ] as const;
  const outside = parts.flatMap(({ key, points }) =>
    outsidePicture(points, { camera, path: [...at.path, key] }),
  );
  if (outside.length > 0) return outside;
  const outline = { path: [...at.path, 'polygon'], place: 'lane' } as const;
  return [
    ...outlineFindings(lane.polygon, outline),
    ...lineFindings(lane, at),
    ...stopLineFindings(lane, at),
  ];
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
    const hint = 'A line needs a beginning and another end.';
    return [
      {
        code,
        path: [...at.path, key],
        message,
        hint,
        chinese: `${key} 的两个点相同：线需要不同的起点和终点。`,
      },
    ];
  }
  if (!segmentTouches(lane.polygon, lane.countLine)) {
    const message = 'expected a line across the polygon of the lane, found one that does not touch it';
    const hint = 'Draw the line where vehicles of this lane drive.';
    return [{ code, path, message, hint, chinese: '计数线没有碰到该车道的多边形：请画在该车道车辆行驶处。' }];
  }
  if (angle < COUNT_ANGLE_MIN_DEG) {
    const found = `${angle.toFixed(0)} degrees between them`;
    const message = `expected a line across the direction of travel, found ${found}`;
    const hint = 'Draw the line from one edge of the lane to the other.';
    const chinese = `计数线与行驶方向只成 ${angle.toFixed(0)} 度：请从车道一侧横画到另一侧。`;
    return [{ code, path, message, hint, chinese }];
  }
  const { crop } = at.camera;
  if (crop === undefined || lane.countLine.every((point) => isWithin(point, crop))) return [];
  const message = 'expected a line within crop, found one that ends outside it';
  const hint = 'Nothing outside crop is seen: make crop larger or move the line.';
  return [{ code, path, message, hint, chinese: '计数线超出 crop，那里看不到：请扩大 crop 或移动计数线。' }];
}

function stopLineFindings(
  { stopLine, direction }: Camera['lanes'][number],
  at: { readonly path: Path },
): readonly Finding[] {
  const angle = stopLine === undefined ? null : angleBetweenDeg(stopLine, direction);
  if (stopLine === undefined || (angle !== null && angle >= COUNT_ANGLE_MIN_DEG)) return [];
  const found = angle === null ? 'no line' : `${angle.toFixed(0)} degrees between them`;
  const message = `expected a line across the direction of travel, found ${found}`;
  const hint = 'Draw the stop line from one edge of the lane to the other.';
  const chinese = '停车线没有横跨行驶方向：请从车道一侧画到另一侧。';
  return [{ code, path: [...at.path, 'stopLine'], message, hint, chinese }];
}

function isWithin([x, y]: Point, crop: NonNullable<Camera['crop']>): boolean {
  return x >= crop.x && y >= crop.y && x <= crop.x + crop.widthPx && y <= crop.y + crop.heightPx;
}
