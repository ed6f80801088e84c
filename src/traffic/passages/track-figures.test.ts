import { expect, test } from 'vitest';
import { exactPlane } from '../../../test/fakes/marks.ts';
import { cameraOn, PICTURE, type Pole } from '../../../test/fakes/pole.ts';
import type { CameraDefinition } from '../site-definition.ts';
import { type TrackFigures, trackFigures } from './track-figures.ts';
import { foldTrack, type TrackMotion } from './track-motion.ts';

/** The lower border of its picture shows the road 9.6 m away. */
const POLE: Pole = { heightM: 7, tiltDeg: 15, focalPx: 1400 };
const SPEED_KMH = 36;

const CAMERA: CameraDefinition = {
  camera: 'cam',
  framesPerSecond: 10,
  lanes: [],
  zones: [],
  plane: exactPlane(POLE),
  visible: [0, 0, PICTURE.widthPx, PICTURE.heightPx],
};

/** What is measured of a car that drives away and came in over the lower border, when it is as far as `toM`. */
function figuresAt(toM: number): TrackFigures {
  const { pixelOf } = cameraOn(POLE);
  let motion: TrackMotion | null = null;
  for (let i = 0; i <= 10; i += 1) {
    const [x, y] = pixelOf([1.7, toM - (SPEED_KMH / 3.6) * (1 - i / 10)]);
    const shownY = Math.min(y, PICTURE.heightPx);
    const box = [x - 80, y - 120, x + 80, shownY] as const;
    const point = { track: 1, class: 'car', score: 0.6, box, groundM: null, coasting: false } as const;
    motion = foldTrack(motion, { ...point, foot: [x, shownY] }, i * 100);
  }
  if (motion === null) throw new RangeError('no picture');
  const direction = [
    [960, 1000],
    [960, 500],
  ] as const;
  return trackFigures(CAMERA, { direction }, { motion, atMs: 900 });
}

test.each([
  ['wholly seen for a second', 22],
  ['seen for half a second', 15],
])('a vehicle %s has the speed that it drives', (_, toM) => {
  expect(figuresAt(toM).speedKmh).toBeCloseTo(SPEED_KMH, 0);
});

test('a vehicle whose foot the border has cut off until now has no speed', () => {
  expect(figuresAt(11).speedKmh).toBeNull();
});
