import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Box } from './box.ts';
import { boxInPicture, inputOf, placePicture } from './camera-picture.ts';

const NET = { inputWidthPx: 416, inputHeightPx: 256 };
const HD = { widthPx: 1920, heightPx: 1080 };

test('a 16:9 picture fills the width and keeps its shape', () => {
  const placement = placePicture({ picture: HD, crop: { x: 0, y: 0, ...HD } }, NET);
  expect([placement.scaledWidthPx, placement.scaledHeightPx]).toEqual([416, 234]);
});

test('a tall crop fills the height', () => {
  const crop = { x: 100, y: 0, widthPx: 540, heightPx: 1080 };
  const placement = placePicture({ picture: HD, crop }, NET);
  expect([placement.scaledWidthPx, placement.scaledHeightPx]).toEqual([128, 256]);
});

test('a camera with an input of its own is scaled to that one', () => {
  const input = { widthPx: 640, heightPx: 384 };
  const placement = placePicture({ picture: HD, crop: { x: 0, y: 0, ...HD }, input }, NET);
  expect(placement).toMatchObject({ scaledWidthPx: 640, scaledHeightPx: 360 });
  expect(inputOf(placement)).toEqual(input);
});

test('a box is clipped to the picture', () => {
  const placement = placePicture({ picture: HD, crop: { x: 0, y: 0, ...HD } }, NET);
  expect(boxInPicture(placement, [-10, -10, 500, 300])).toEqual([0, 0, 1920, 1080]);
});

test('what is scaled into the net comes back to its place, whatever the crop', () => {
  const crops = fc
    .record({
      x: fc.integer({ min: 0, max: 1900 }),
      y: fc.integer({ min: 0, max: 1060 }),
      widthPx: fc.integer({ min: 16, max: 1920 }),
      heightPx: fc.integer({ min: 16, max: 1080 }),
    })
    .filter((crop) => crop.x + crop.widthPx <= HD.widthPx && crop.y + crop.heightPx <= HD.heightPx);
  fc.assert(
    fc.property(crops, (crop) => {
      const placement = placePicture({ picture: HD, crop }, NET);
      expect(placement.scaledWidthPx).toBeLessThanOrEqual(NET.inputWidthPx);
      expect(placement.scaledHeightPx).toBeLessThanOrEqual(NET.inputHeightPx);
      const whole: Box = [0, 0, placement.scaledWidthPx, placement.scaledHeightPx];
      expect(boxInPicture(placement, whole)).toEqual([
        crop.x,
        crop.y,
        crop.x + crop.widthPx,
        crop.y + crop.heightPx,
      ]);
    }),
  );
});
