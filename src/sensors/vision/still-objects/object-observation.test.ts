import { expect, test } from 'vitest';
import { observationSchema } from '../../contract/observation-schema.ts';
import { placePicture } from '../camera-picture.ts';
import { observeObjects } from './object-observation.ts';

const placement = placePicture(
  { picture: { widthPx: 1000, heightPx: 600 }, crop: { x: 100, y: 50, widthPx: 832, heightPx: 512 } },
  { inputWidthPx: 416, inputHeightPx: 256 },
);
const objects = [{ object: 3, box: [100, 60, 120, 80], sinceMs: 500, present: true }] as const;

test('an object is claimed in pixels of the whole picture, by where it lies on the road', () => {
  const camera = { id: 'cam-north', homography: [0.1, 0, 0, 0, 0.1, 0, 0, 0, 1] };
  const [claim] = observeObjects({ camera, placement, objects, atMs: 9000 });
  expect(claim).toEqual({
    kind: 'road-object',
    camera: 'cam-north',
    object: 3,
    atMs: 9000,
    sinceMs: 500,
    box: [300, 170, 340, 210],
    foot: [320, 210],
    groundM: [32, 21],
    present: true,
  });
  expect(observationSchema.parse(claim)).toEqual(claim);
});

test('without calibration there are no metres', () => {
  const [claim] = observeObjects({ camera: { id: 'cam', homography: null }, placement, objects, atMs: 0 });
  expect(claim?.groundM).toBeNull();
});
