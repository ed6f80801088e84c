import type { Finding } from '../load/problem.ts';
import { chineseSuggestion, suggestion } from '../load/suggest.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera } from '../schema/site.ts';
import { outlineFindings, outsidePicture } from './drawn-shape.ts';

const code = 'config-conflict';

/** Whether the zones of a camera are in its picture, make sense, and name lanes that exist. */
export function zoneFindings(
  camera: Camera,
  at: { readonly lanes: readonly string[]; readonly path: Path },
): readonly Finding[] {
  return camera.zones.flatMap((zone, z) => {
    const path = [...at.path, 'zones', z];
    const outside = outsidePicture(zone.polygon, { camera, path: [...path, 'polygon'] });
    return [
      ...nameFindings(camera, { index: z, lanes: at.lanes, path: [...path, 'zone'] }),
      ...laneFindings(zone.lane, { lanes: at.lanes, path: [...path, 'lane'] }),
      ...(outside.length > 0
        ? outside
        : outlineFindings(zone.polygon, { path: [...path, 'polygon'], place: 'zone' })),
    ];
  });
}

function nameFindings(
  { zones }: Camera,
  at: { readonly index: number; readonly lanes: readonly string[]; readonly path: Path },
): readonly Finding[] {
  const name = zones[at.index]?.zone ?? '';
  if (at.lanes.includes(name)) {
    const message = `expected a name that no lane has, found "${name}"`;
    const chinese = `区域名 "${name}" 与车道重名：请另取名称。`;
    const hint = 'Incidents name lane and zone: call the zone otherwise.';
    return [{ code, path: at.path, message, hint, chinese }];
  }
  if (zones.findIndex(({ zone }) => zone === name) === at.index) return [];
  const message = `expected each zone once in a camera, found "${name}" again`;
  const chinese = `该摄像机已有区域 "${name}"：请给另一个区域换名。`;
  return [{ code, path: at.path, message, hint: 'Call the other zone otherwise.', chinese }];
}

function laneFindings(
  lane: string | undefined,
  at: { readonly lanes: readonly string[]; readonly path: Path },
): readonly Finding[] {
  if (lane === undefined || at.lanes.includes(lane)) return [];
  const message = `expected a lane of this file, found "${lane}"`;
  const chinese = `本文件中没有车道 "${lane}"。${chineseSuggestion(lane, at.lanes)}`;
  return [{ code, path: at.path, message, hint: suggestion(lane, at.lanes), chinese }];
}
