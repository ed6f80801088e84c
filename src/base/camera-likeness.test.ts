import { expect, test } from 'vitest';
import { cameraOn, drawPole, PICTURE } from '../../test/fakes/pole.ts';
import { skewDeg } from './camera-likeness.ts';
import type { Point } from './homography.ts';
import { calibrateRoad } from './road-plane.ts';

/** `check` warns above this. */
const WARNS_DEG = 12;

/** Four marks at the corners of two lanes as a camera on a pole sees them, measured within 5 cm and two pixels. */
function marksBefore(seed: number) {
  const { pole, normal, between } = drawPole(seed);
  const { pixelOf } = cameraOn(pole);
  const middleM = pole.heightM / Math.tan((pole.tiltDeg * Math.PI) / 180);
  const [nearM, farM] = [0.75 * middleM, 0.75 * middleM + between(15, 30)];
  const corners: readonly Point[] = [
    [-3.5, nearM],
    [3.5, nearM],
    [3.5, farM],
    [-3.5, farM],
  ];
  return corners.map((place) => {
    const [x, y] = pixelOf(place);
    return {
      px: [x + normal(), y + normal()] as const,
      m: place.map((m) => m + 0.025 * normal()) as unknown as Point,
    };
  });
}

function skewOf(marks: ReturnType<typeof marksBefore>): number {
  return skewDeg(calibrateRoad(marks, { marksAccuracyM: 0.05 }).plane.matrix, PICTURE);
}

test('what an ideal camera sees is like a camera, whatever its pole, tilt and lens', () => {
  const skews = Array.from({ length: 200 }, (_, seed) => skewOf(marksBefore(seed + 1)));
  // Two pixels on marks that lie close together in the picture may come to more, once in a hundred.
  expect(skews.filter((skew) => skew > WARNS_DEG).length).toBeLessThanOrEqual(2);
});

test('four marks of which one was typed wrongly along the road are mostly like none', () => {
  const skews = Array.from({ length: 200 }, (_, seed) => {
    const marks = marksBefore(seed + 1);
    return skewOf(marks.map((mark, at) => (at === 3 ? { ...mark, m: [mark.m[0], mark.m[1] + 9] } : mark)));
  });
  expect(skews.filter((skew) => skew > WARNS_DEG).length).toBeGreaterThan(150);
});
