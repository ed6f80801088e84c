import type { LoadedModel } from '../load/load-model.ts';
import type { Doubt } from '../load/problem.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera } from '../schema/site.ts';
import { detailDoubts } from './detail-doubts.ts';
import { drawingDoubts } from './drawing-doubts.ts';
import { groundPlaneDoubts } from './ground-plane-doubts.ts';
import { laneWidthDoubts } from './lane-width-doubts.ts';

/** What is drawn for a camera and will yield nothing or little: half a drawing, vehicles too small to see. */
export function cameraDoubts(
  cameras: readonly Camera[],
  models: ReadonlyMap<string, LoadedModel>,
): readonly Doubt[] {
  return cameras.flatMap((camera, index) => {
    const path = ['cameras', index];
    const model = models.get(camera.model);
    const detail = model?.kind === 'available' ? detailDoubts(camera, { card: model.card, path }) : [];
    const drawn = [
      ...drawingDoubts(camera, path),
      ...turningDoubts(camera, path),
      ...queueDoubts(camera, path),
    ];
    return [...drawn, ...groundPlaneDoubts(camera, path), ...laneWidthDoubts(camera, path), ...detail];
  });
}

function turningDoubts({ id, zones }: Camera, path: Path): readonly Doubt[] {
  const [hasEntry, hasExit] = (['entry', 'exit'] as const).map((kind) =>
    zones.some((zone) => zone.kind === kind),
  );
  if (hasEntry === hasExit) return [];
  const [drawn, missing] = hasEntry ? ['entry', 'exit'] : ['exit', 'entry'];
  return [
    {
      path: [...path, 'zones'],
      message: `${id} has ${drawn} zones and no ${missing} zone: no turning movements are counted`,
      hint: `Draw a zone of kind ${missing} where vehicles ${hasEntry ? 'leave' : 'enter'} the picture.`,
      chinese: `${id} 只有 ${drawn} 区域而没有 ${missing} 区域，无法统计转向流量。`,
    },
  ];
}

function queueDoubts({ id, groundPlane, lanes }: Camera, path: Path): readonly Doubt[] {
  const lane = lanes.findIndex(({ stopLine }) => stopLine !== undefined);
  if (lane < 0 || groundPlane !== undefined) return [];
  return [
    {
      path: [...path, 'lanes', lane, 'stopLine'],
      message: `${id} has a stop line and is not calibrated: queues have no length in metres`,
      hint: 'Measure four or more marks on the road (groundPlane); docs/calibration.md tells how.',
      chinese: `${id} 画了停车线但未标定，无法给出以米计的排队长度；请测量 groundPlane 标记点。`,
    },
  ];
}
