import { afterAll, beforeAll, expect, test } from 'vitest';
import { planModel } from '../../src/app/plans.ts';
import { loadModel } from '../../src/catalog/load/load-model.ts';
import { shippedFolders } from '../../src/catalog/shipped.ts';
import { openDetectorThread } from '../../src/sensors/detector-thread.ts';
import { type Box, iouOf } from '../../src/sensors/vision/box.ts';
import { boxInPicture, inputOf, placePicture } from '../../src/sensors/vision/camera-picture.ts';
import type { DetectorSession } from '../../src/sensors/vision/detector-session.ts';
import { frameOfPicture, readKnownPicture } from '../../src/sensors/vision/known-picture.ts';

const loaded = await loadModel({ id: 'nanodet-g', modelsDir: shippedFolders.modelsDir });
if (loaded.kind === 'unavailable') throw loaded.problem;
const model = planModel(loaded);
const { selfCheck } = model;
if (selfCheck === undefined) throw new Error('the shipped model has no self-check');
const picture = await readKnownPicture(selfCheck.picture);
const crop = { x: 0, y: 0, widthPx: picture.widthPx, heightPx: picture.heightPx };
const NORMAL = placePicture({ picture, crop }, model);
const HIGH = placePicture({ picture, crop, input: { widthPx: 640, heightPx: 384 } }, model);

let detector: DetectorSession;
beforeAll(async () => {
  detector = await openDetectorThread(model);
}, 60_000);
afterAll(() => detector.release());

/** How many of the cars in the known picture are found at this size. */
async function carsFoundAt(placement: typeof NORMAL): Promise<number> {
  const frame = frameOfPicture(picture, placement);
  const found = await detector.detect(frame, inputOf(placement));
  const boxes = found.map(({ box }) => boxInPicture(placement, box));
  const isFound = (expected: Box): boolean => boxes.some((box) => iouOf(box, expected) > 0.5);
  return selfCheck?.expect.filter(({ boxPx }) => isFound(boxPx)).length ?? 0;
}

test('cameras of two sizes take turns before one detector, and each is seen right', async () => {
  expect(selfCheck.expect).toHaveLength(4);
  for (const placement of [NORMAL, HIGH, NORMAL, HIGH]) expect(await carsFoundAt(placement)).toBe(4);
});

test('a frame that is not of the size that is named is refused, and the next one is seen', async () => {
  const frame = frameOfPicture(picture, NORMAL);
  await expect(detector.detect(frame, inputOf(HIGH))).rejects.toThrow('a frame has 737280 bytes, not 319488');
  expect(await carsFoundAt(HIGH)).toBe(4);
});

test('frames that are given at the same time are answered each for itself, a bad one among them, too', async () => {
  const bad = detector.detect(frameOfPicture(picture, NORMAL), inputOf(HIGH)).then(
    () => 'seen',
    () => 'refused',
  );
  const looks = [carsFoundAt(HIGH), bad, carsFoundAt(NORMAL), carsFoundAt(HIGH)];
  expect(await Promise.all(looks)).toEqual([4, 'refused', 4, 4]);
  expect(await detector.detect(new Uint8Array(detector.frameBytes))).toEqual([]);
});
