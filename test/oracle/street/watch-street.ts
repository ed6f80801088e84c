import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createImageHealth, type ImageHealth } from '../../../src/sensors/cameras/health/image-health.ts';
import { placePicture } from '../../../src/sensors/vision/camera-picture.ts';
import type { DetectorSession } from '../../../src/sensors/vision/detector-session.ts';
import { type JudgedClip, judgeClip } from '../../evaluate/judge-clip.ts';
import { readScene, type Scene } from '../../evaluate/scene.ts';
import { type SceneSite, siteOfScene } from '../../evaluate/scene-site.ts';
import type { Truth } from '../../evaluate/truth.ts';
import { type WatchedClip, watchClip } from '../../evaluate/watch-clip.ts';
import type { LightName } from './light.table.ts';
import { STREET_CAMERA } from './street-plan.ts';
import { STREET_CLIPS, type StreetTruth, type TrueBox } from './street-truth.ts';

export type ShippedTruth = StreetTruth & { readonly boxes: readonly TrueBox[] };

/** What the product made of one clip, with what is true in it. */
export interface WatchedStreet {
  readonly light: LightName;
  readonly truth: ShippedTruth;
  readonly site: SceneSite;
  readonly watched: WatchedClip;
  /** The product's records, held against this or another truth. */
  judge(truth: Truth): JudgedClip;
}

const PICTURE_MS = 1000 / STREET_CAMERA.framesPerSecond;

export async function openStreetSite(light: LightName): Promise<SceneSite> {
  return siteOfScene(await readStreetScene(light), clipFile(light));
}

export async function readStreetScene(light: LightName): Promise<Scene> {
  const scene = await readScene([join(STREET_CLIPS, `${light}.scene.json`)]);
  if (scene === null) throw new RangeError(`no scene for ${light}`);
  return scene;
}

export async function readStreetTruth(light: LightName): Promise<ShippedTruth> {
  const text = await readFile(join(STREET_CLIPS, `${light}.truth.json`), 'utf8');
  return JSON.parse(text) as ShippedTruth;
}

/** Decoder, detector, tracker and site as in service; `inspect` sees each picture first. */
export async function watchStreet(options: {
  readonly light: LightName;
  readonly detector: Pick<DetectorSession, 'detect'>;
  inspect(pixels: Uint8Array, atMs: number): void;
}): Promise<WatchedStreet> {
  const { light, detector, inspect } = options;
  const file = clipFile(light);
  const scene = await readStreetScene(light);
  const site = await siteOfScene(scene, file);
  const truth = await readStreetTruth(light);
  let shown = 0;
  const watched = await watchClip({
    file,
    site,
    detector: {
      detect(pixels, size) {
        inspect(pixels, shown * PICTURE_MS);
        shown += 1;
        return detector.detect(pixels, size);
      },
    },
  });
  const { records } = watched;
  const { definition } = site;
  return {
    ...{ light, truth, site, watched },
    judge: (other) => judgeClip({ clip: light, truth: other, scene, drawn: true, definition, records }),
  };
}

/** Image health as in service, only quicker to learn and to judge than clips are long. */
export function createQuickHealth({ camera, model }: SceneSite): ImageHealth {
  return createImageHealth(placePicture(camera, model), { learnPictures: 16, openAfterMs: 5000 });
}

function clipFile(light: LightName): string {
  return join(STREET_CLIPS, `${light}.mp4`);
}
