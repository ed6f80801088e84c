import { expect, test } from 'vitest';
import { estimateHomography } from '../../base/homography.ts';
import { placePicture } from './camera-picture.ts';
import { observeTracks } from './track-observation.ts';
import type { Track } from './tracker.ts';

const picture = { widthPx: 832, heightPx: 512 };
const placement = placePicture(
  { picture, crop: { x: 0, y: 0, ...picture } },
  { inputWidthPx: 416, inputHeightPx: 256 },
);
const car: Track = {
  track: 4,
  class: 'car',
  score: 0.61803,
  box: [100.11, 60, 140.13, 90.02],
  coasting: false,
};
/** Ten pixels to the metre, seen from above. */
const fromAbove = estimateHomography([
  { px: [0, 0], m: [0, 0] },
  { px: [100, 0], m: [10, 0] },
  { px: [100, 100], m: [10, 10] },
  { px: [0, 100], m: [0, 10] },
]);

test('the foot is the bottom middle of the box, in pixels of the picture and metres on the road', () => {
  const camera = { id: 'cam-north', homography: [...fromAbove] };
  expect(observeTracks({ camera, placement, tracks: [car], atMs: 1234.5 })).toEqual({
    kind: 'vehicle-tracks',
    camera: 'cam-north',
    atMs: 1234.5,
    tracks: [
      {
        track: 4,
        class: 'car',
        score: 0.62,
        box: [200.2, 120, 280.3, 180],
        foot: [240.2, 180],
        groundM: [24.02, 18],
        coasting: false,
      },
    ],
  });
});

test('without calibration there are no metres', () => {
  const camera = { id: 'cam-north', homography: null };
  expect(observeTracks({ camera, placement, tracks: [car], atMs: 0 }).tracks[0]?.groundM).toBeNull();
});

test('a foot above the horizon is nowhere on the road', () => {
  // The horizon is the row y = 100.
  const camera = { id: 'cam-north', homography: [1, 0, 0, 0, 1, 0, 0, 0.01, -1] };
  const flying: Track = { ...car, box: [100, 20, 140, 45] };
  const { tracks } = observeTracks({ camera, placement, tracks: [car, flying], atMs: 0 });
  expect(tracks.map((each) => each.groundM !== null)).toEqual([true, false]);
});

test('a vehicle that is half out of the picture has its foot on the border', () => {
  const camera = { id: 'cam-north', homography: null };
  const leaving: Track = { ...car, box: [390, 200, 440, 280], coasting: true };
  const [point] = observeTracks({ camera, placement, tracks: [leaving], atMs: 0 }).tracks;
  expect(point).toMatchObject({ box: [780, 400, 832, 512], foot: [806, 512], coasting: true });
});

test('an empty road is a claim, too', () => {
  const camera = { id: 'cam-north', homography: null };
  expect(observeTracks({ camera, placement, tracks: [], atMs: 5 }).tracks).toEqual([]);
});
