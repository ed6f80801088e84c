/**
 * Renders the clip of the `north` approach and writes the truth beside it. Run it again, and commit both
 * files, whenever the scenario, the camera or the scene changes:
 *
 *   node src/simulator/scene/render.ts --out src/simulator/clip
 *
 * It needs Chromium (--chromium or CHROMIUM, by default /usr/bin/chromium) and ffmpeg with libx264, no
 * graphics card, and some minutes. Run the formatter over the truth afterwards. The same sources give the
 * same clip, byte for byte, with the same Chromium and ffmpeg.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RoadsideError } from '../../base/errors.ts';
import { MS_PER_S } from '../../base/units.ts';
import { buildNorthTruth } from '../clip/north-truth.ts';
import { createIntersection } from '../traffic/intersection.ts';
import { NORTH_LANES } from '../traffic/lane-plan.ts';
import type { RoadVehicle } from '../traffic/road-change.ts';
import { NORTH_CYCLE_MS } from '../traffic/scenario.ts';
import { type CameraView, NORTH_CAMERA } from './camera-view.ts';
import { openClipEncoder } from './clip-encoder.ts';
import { openPictureSource } from './picture-source.ts';
import {
  groundYM,
  LANE_WIDTH_M,
  laneCentreXM,
  loopCorners,
  ROAD_WIDTH_M,
  TUNNEL_DARK_YM,
  TUNNEL_MOUTH_YM,
} from './road-layout.ts';

const PROGRESS_EVERY = 50;

const NORTH_LAYOUT = {
  roadWidth: ROAD_WIDTH_M,
  laneWidth: LANE_WIDTH_M,
  tunnelMouth: TUNNEL_MOUTH_YM,
  tunnelDark: TUNNEL_DARK_YM,
  loops: NORTH_LANES.flatMap((lane) => lane.loops.map((zone) => loopCorners(lane, zone))),
};

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    chromium: { type: 'string', default: process.env['CHROMIUM'] ?? '/usr/bin/chromium' },
  },
});
if (values.out === undefined) {
  throw new RoadsideError('usage-invalid', 'expected --out with the folder for the clip', {
    hint: 'Run: node src/simulator/scene/render.ts --out src/simulator/clip',
  });
}
await renderClip({ view: NORTH_CAMERA, file: join(values.out, 'north.mp4'), chromiumPath: values.chromium });
const truth = `${JSON.stringify(buildNorthTruth(), null, 1)}\n`;
await writeFile(join(values.out, 'north.truth.json'), truth);

async function renderClip(options: {
  readonly view: CameraView;
  readonly file: string;
  readonly chromiumPath: string;
}): Promise<void> {
  const { view, file, chromiumPath } = options;
  const setting = { view, layout: NORTH_LAYOUT };
  const pictures = await openPictureSource({ page: 'index.html', setting, chromiumPath });
  const encoder = openClipEncoder({ framesPerSecond: view.framesPerSecond, file, crf: 27 });
  const lanes = new Set(NORTH_LANES.map(({ lane }) => lane));
  const road = createIntersection({ seed: 0 });
  const total = (NORTH_CYCLE_MS / MS_PER_S) * view.framesPerSecond;
  try {
    for (let index = 0; index < total; index += 1) {
      const atS = index / view.framesPerSecond;
      road.advance(atS * MS_PER_S);
      const vehicles = road.vehicles().filter(({ lane }) => lanes.has(lane));
      const caption = `NORTH ${atS.toFixed(1).padStart(5)} s`;
      const frame = { vehicles: vehicles.map(placeOf), caption, type: 'image/jpeg' };
      await encoder.write(Buffer.from(String(await pictures.draw(frame)), 'base64'));
      if (index % PROGRESS_EVERY === 0) process.stdout.write(`${index} of ${total} pictures\n`);
    }
  } finally {
    await pictures.close();
  }
  await encoder.end();
}

function placeOf({ body, paint, lane, frontM, direction }: RoadVehicle) {
  const plan = NORTH_LANES.find((candidate) => candidate.lane === lane);
  if (plan === undefined) throw new RangeError(`the camera does not see lane ${lane}`);
  return { body, paint, x: laneCentreXM(plan), y: groundYM(frontM), reverse: direction === 'reverse' };
}
