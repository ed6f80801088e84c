/**
 * npm run evaluate:images — average precision of the product's detector on annotated pictures, decoded, scaled
 * and placed as in service. docs/evaluation.md describes the files.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { messageOf } from '../../src/base/errors.ts';
import { round } from '../../src/base/units.ts';
import type { Box } from '../../src/sensors/vision/box.ts';
import { boxInPicture, placePicture } from '../../src/sensors/vision/camera-picture.ts';
import { type DetectorSession, openDetectorSession } from '../../src/sensors/vision/detector-session.ts';
import type { Precision } from '../../src/sensors/vision/precision.ts';
import type { VehicleClass } from '../../src/traffic/observations/observation.ts';
import { averagePrecision, type DrawnBox, type ScoredBox } from './average-precision.ts';
import { clipPictures } from './clip-pictures.ts';
import { precisionOf } from './options.ts';
import { siteOfScene } from './scene-site.ts';

const USAGE = `npm run evaluate:images -- --images DIR [--json FILE] [--precision fp32|int8]
  --images  folder with annotations.json (COCO) and its pictures
  --json    writes everything there, too
  --precision  of the detector: fp32 unless you say int8`;

const annotationsSchema = z.object({
  categories: z.array(z.object({ id: z.number(), name: z.string() })),
  images: z.array(
    z.object({
      id: z.number(),
      file_name: z.string(),
      width: z.number(),
      height: z.number(),
      camera: z.string().default('unknown'),
    }),
  ),
  annotations: z.array(
    z.object({
      image_id: z.number(),
      category_id: z.number(),
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      iscrowd: z.number().default(0),
      ambiguous_class: z.boolean().default(false),
    }),
  ),
});
type Annotations = z.infer<typeof annotationsSchema>;
type Picture = Annotations['images'][number];

interface Found extends ScoredBox {
  readonly class: VehicleClass;
}

const VEHICLES = ['car', 'truck', 'bus', 'motorcycle'] as const;
/** What the annotations call each of our classes. */
const DRAWN_AS: Readonly<Partial<Record<VehicleClass, string>>> = { van: 'car' };

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function detectIn(
  { file_name, width, height }: Picture,
  options: {
    readonly folder: string;
    open(plan: Parameters<typeof openDetectorSession>[0]): Promise<DetectorSession>;
  },
): Promise<readonly Found[]> {
  const file = join(options.folder, file_name);
  const all: [number, number][] = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ];
  const { camera, model } = await siteOfScene(
    {
      picture: { widthPx: width, heightPx: height },
      lanes: [
        {
          kind: 'through',
          polygon: all,
          countLine: [
            [0, height / 2],
            [width, height / 2],
          ],
          direction: [
            [width / 2, 0],
            [width / 2, height],
          ],
        },
      ],
    },
    file,
  );
  const placement = placePicture(camera, model);
  const detector = await options.open(model);
  for await (const { pixels } of clipPictures({ file, placement, framesPerSecond: camera.framesPerSecond })) {
    const detections = await detector.detect(pixels);
    return detections.map(({ box, class: roadUser, score }) => ({
      picture: file_name,
      box: boxInPicture(placement, box),
      class: roadUser,
      score,
    }));
  }
  throw new RangeError(`${file}: no picture`);
}

function drawnIn(annotations: Annotations, only: string | null): readonly DrawnBox[] {
  const names = new Map(annotations.categories.map(({ id, name }) => [id, name]));
  const files = new Map(annotations.images.map(({ id, file_name }) => [id, file_name]));
  return annotations.annotations.flatMap((annotation): DrawnBox[] => {
    const name = names.get(annotation.category_id) ?? '';
    const [x, y, width, height] = annotation.bbox;
    const box: Box = [x, y, x + width, y + height];
    const debatable = only !== null && annotation.ambiguous_class;
    const wanted = only === null ? isVehicle(name) : name === only || debatable;
    if (!wanted) return [];
    const picture = files.get(annotation.image_id) ?? '';
    return [{ picture, box, ignore: annotation.iscrowd === 1 || debatable }];
  });
}

function isVehicle(name: string): boolean {
  return VEHICLES.some((vehicle) => vehicle === name);
}

async function evaluate(
  folder: string,
  { json, precision }: { readonly json: string | null; readonly precision: Precision },
): Promise<void> {
  const annotations = annotationsSchema.parse(
    JSON.parse(await readFile(join(folder, 'annotations.json'), 'utf8')),
  );
  let session: DetectorSession | null = null;
  const open: typeof openDetectorSession = async (plan) => {
    session ??= await openDetectorSession({ ...plan, precision });
    return session;
  };
  const found: Found[] = [];
  for (const picture of annotations.images) found.push(...(await detectIn(picture, { folder, open })));
  const vehicles = found.filter(({ class: name }) => name === 'unknown' || isVehicle(DRAWN_AS[name] ?? name));
  const drawn = drawnIn(annotations, null);
  const row = (name: string, boxes: readonly DrawnBox[], detected: readonly ScoredBox[]) => {
    const { objects, ap50 } = averagePrecision(boxes, detected);
    const rounded = ap50 === null ? null : round(ap50, 3);
    say(`  ${name.padEnd(20)} ${String(objects).padStart(4)} objects   AP50 ${rounded ?? '-'}`);
    return { name, objects, ap50: rounded };
  };
  say('any motor vehicle');
  const all = row('all cameras', drawn, vehicles);
  const cameras = [...new Set(annotations.images.map(({ camera }) => camera))].map((camera) => {
    const files = new Set(
      annotations.images.filter((each) => each.camera === camera).map((each) => each.file_name),
    );
    const ofCamera = <T extends { readonly picture: string }>(boxes: readonly T[]): readonly T[] =>
      boxes.filter(({ picture }) => files.has(picture));
    return row(camera, ofCamera(drawn), ofCamera(vehicles));
  });
  say('by class, all cameras');
  const classes = VEHICLES.map((name) =>
    row(
      name,
      drawnIn(annotations, name),
      found.filter((each) => (DRAWN_AS[each.class] ?? each.class) === name),
    ),
  );
  if (json !== null) await writeFile(json, `${JSON.stringify({ all, cameras, classes }, null, 2)}\n`);
}

// Who reads the figures through `head` has seen enough; the JSON file is still to be written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { images: text, json: text, precision: text } });
  if (values.images === undefined) throw new TypeError(`--images DIR is missing\n${USAGE}`);
  const precision = precisionOf(values.precision);
  await evaluate(values.images, { json: values.json ?? null, precision });
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
