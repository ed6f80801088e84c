/**
 * Renders the street in every light, and writes the truth and the scene beside each clip. docs/synthetic-scene.md
 * says what is exact. Run it again, and commit what it writes, whenever scenario, camera, light or page change:
 *
 *   node test/oracle/street/render-street.ts [--only night] [--out FOLDER] [--at 12.5]
 *
 * It needs Chromium (--chromium or CHROMIUM, by default /usr/bin/chromium) and ffmpeg with libx264, no graphics
 * card, and some minutes a clip. The same sources give the same clip with the same Chromium and ffmpeg.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { MS_PER_S } from '../../../src/base/units.ts';
import { openClipEncoder } from '../../../src/simulator/scene/clip-encoder.ts';
import { openPictureSource, type PictureSource } from '../../../src/simulator/scene/picture-source.ts';
import { LIGHTS } from './light.table.ts';
import { STREET_CAMERA, STREET_LAYOUT, streetYM } from './street-plan.ts';
import { STREET_SCENARIOS, type StreetScenario } from './street-scenarios.table.ts';
import { type StreetMoment, type StreetVehicle, streetMoments } from './street-traffic.ts';
import {
  buildStreetScene,
  buildStreetTruth,
  classOf,
  personXM,
  STREET_CLIPS,
  type TrueBox,
  walkedM,
} from './street-truth.ts';

const PICTURE_MS = MS_PER_S / STREET_CAMERA.framesPerSecond;
/** Boxes are written for every so many pictures. */
const BOXES_EVERY = 5;
const PROGRESS_EVERY = 20;
/** Headlights reach so far where nothing stands before them. */
const REACH_M = 45;
const PERSON_COLORS = { coat: 0x2c4f86, trousers: 0x2a2a30 };

const drawnSchema = z.object({
  base64: z.string(),
  boxes: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
});

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: STREET_CLIPS },
    only: { type: 'string' },
    at: { type: 'string' },
    chromium: { type: 'string', default: process.env['CHROMIUM'] ?? '/usr/bin/chromium' },
  },
});
for (const scenario of STREET_SCENARIOS) {
  if (values.only !== undefined && values.only !== scenario.name) continue;
  await render(scenario);
}

async function render(scenario: StreetScenario): Promise<void> {
  const light = LIGHTS[scenario.name];
  const pictures = await openPictureSource({
    page: 'street.html',
    setting: { view: STREET_CAMERA, layout: STREET_LAYOUT, light, seed: scenario.seed },
    chromiumPath: values.chromium,
  });
  const path = (ending: string): string => join(values.out, `${scenario.name}.${ending}`);
  const file = path('mp4');
  const { framesPerSecond } = STREET_CAMERA;
  const encoder = openClipEncoder({ framesPerSecond, crf: light.crf, file });
  const boxes: TrueBox[] = [];
  try {
    for (const moment of streetMoments(scenario)) {
      const index = moment.atMs / PICTURE_MS;
      if (!isShown(index, scenario)) continue;
      const drawn = await draw(pictures, { scenario, moment, index });
      await encoder.write(drawn.picture);
      boxes.push(...drawn.boxes);
      if (index % PROGRESS_EVERY === 0) process.stdout.write(`${scenario.name}: picture ${index}\n`);
    }
  } finally {
    await pictures.close();
  }
  await encoder.end();
  const write = (ending: string, content: unknown): Promise<void> =>
    writeFile(path(ending), `${JSON.stringify(content, null, 1)}\n`);
  await write('truth.json', { ...buildStreetTruth(scenario), boxes });
  await write('scene.json', buildStreetScene());
}

/** `--at` shows one moment alone, to look at. */
function isShown(index: number, { durationS }: StreetScenario): boolean {
  const { framesPerSecond } = STREET_CAMERA;
  if (values.at !== undefined) return index === Math.round(Number(values.at) * framesPerSecond);
  return index >= 0 && Number.isInteger(index) && index < durationS * framesPerSecond;
}

async function draw(
  pictures: PictureSource,
  shown: { readonly scenario: StreetScenario; readonly moment: StreetMoment; readonly index: number },
): Promise<{ readonly picture: Buffer; readonly boxes: readonly TrueBox[] }> {
  const { scenario, moment, index } = shown;
  const atS = moment.atMs / MS_PER_S;
  const vehicles = moment.vehicles.filter((vehicle) => isOutside(vehicle));
  const wayM = walkedM(scenario, atS);
  const people = wayM === null ? [] : [personAt(scenario, wayM)];
  const frame = {
    index,
    vehicles: vehicles.map((vehicle) => placeOf(vehicle, moment.vehicles)),
    people,
    caption: `${scenario.name.toUpperCase()} ${atS.toFixed(1).padStart(5)} s`,
    wantsBoxes: index % BOXES_EVERY === 0,
  };
  const { base64, boxes } = drawnSchema.parse(await pictures.draw(frame));
  return {
    picture: Buffer.from(base64, 'base64'),
    boxes: boxes.flatMap((box, at): TrueBox[] => {
      const vehicle = vehicles[at];
      if (vehicle === undefined) return [];
      return [{ t: atS, lane: vehicle.lane, class: classOf(vehicle), box }];
    }),
  };
}

/** Not in the dark of the tunnel, and not behind the camera. */
function isOutside({ street, frontM, lengthM }: StreetVehicle): boolean {
  const ends = [streetYM(street, frontM), streetYM(street, frontM - lengthM)];
  return Math.min(...ends) > STREET_CAMERA.positionM[2] + 2 && Math.min(...ends) < STREET_LAYOUT.tunnelDark;
}

function personAt({ pedestrian }: StreetScenario, wayM: number): object {
  return { x: personXM(wayM), y: pedestrian?.yM, heading: Math.PI / 2, walkedM: wayM, ...PERSON_COLORS };
}

function placeOf(vehicle: StreetVehicle, all: readonly StreetVehicle[]): object {
  const { street, body, paint, frontM, speedKmh, braking, lane } = vehicle;
  const before = all.filter((other) => other.lane === lane && other.frontM > frontM);
  const gapsM = before.map((other) => other.frontM - other.lengthM - frontM);
  return {
    ...{ body, paint, braking },
    x: (street.fromXM + street.toXM) / 2,
    y: streetYM(street, frontM),
    heading: street.heading === 'toward' ? 1 : -1,
    speedMs: speedKmh / 3.6,
    reachM: Math.min(REACH_M, ...gapsM),
  };
}
