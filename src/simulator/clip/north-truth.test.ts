import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { projectPoint } from '../../base/homography.ts';
import { calibrateRoad } from '../../base/road-plane.ts';
import { MS_PER_S } from '../../base/units.ts';
import { groundYM, TUNNEL_DARK_YM } from '../scene/road-layout.ts';
import { createIntersection } from '../traffic/intersection.ts';
import { NORTH_LANES } from '../traffic/lane-plan.ts';
import { buildNorthTruth, NORTH_CLIP_FILE, readNorthTruth } from './north-truth.ts';

const truth = await readNorthTruth();
const PICTURES_PER_GROUP = 10;

test('the shipped truth is what the simulation does today: if this fails, render the clip again', () => {
  expect(truth).toEqual(JSON.parse(JSON.stringify(buildNorthTruth())));
});

test('the clip lasts exactly one cycle, with a key picture each second', async () => {
  const clip = await readFile(NORTH_CLIP_FILE);
  // ISO/IEC 14496-12: stsz counts all samples (after version, flags and size), stss the key pictures.
  const pictures = clip.readUInt32BE(clip.indexOf('stsz') + 12);
  const keyPictures = clip.readUInt32BE(clip.indexOf('stss') + 8);
  expect(pictures).toBe((truth.cycleMs / MS_PER_S) * truth.camera.framesPerSecond);
  expect(keyPictures).toBe(pictures / PICTURES_PER_GROUP);
});

test('the first group of pictures shows an empty road: nobody has left the dark of the tunnel', () => {
  const intersection = createIntersection({ seed: 0 });
  intersection.advance(((PICTURES_PER_GROUP - 1) * MS_PER_S) / truth.camera.framesPerSecond);
  const north = intersection.vehicles().filter(({ lane }) => lane.startsWith('north'));
  expect(north.length).toBeGreaterThan(0);
  for (const { frontM } of north) expect(groundYM(frontM)).toBeGreaterThan(TUNNEL_DARK_YM);
});

test('the marks calibrate the ground plane: every loop corner in the picture is found on the road', () => {
  const { plane, rmsM } = calibrateRoad(truth.groundPlane, { marksAccuracyM: 0.02 });
  expect(rmsM).toBeLessThan(0.02);
  for (const { cornersM, cornersPx } of truth.loops) {
    for (const [index, [xM, yM]] of cornersM.entries()) {
      const found = projectPoint(plane.matrix, cornersPx[index] ?? [0, 0]);
      expect(Math.hypot((found?.[0] ?? 0) - xM, (found?.[1] ?? 0) - yM)).toBeLessThan(0.02);
    }
  }
});

test('everything that is drawn into the picture lies within it', () => {
  const { widthPx, heightPx } = truth.camera.picture;
  const drawn = truth.lanes.flatMap(({ polygon, countLine, direction }) => [
    ...polygon,
    ...countLine,
    ...direction,
  ]);
  for (const [x, y] of [...drawn, ...truth.groundPlane.map(({ px }) => px)]) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(widthPx);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(heightPx);
  }
  expect(truth.lanes.map(({ lane }) => lane)).toEqual(NORTH_LANES.map(({ lane }) => lane));
});
