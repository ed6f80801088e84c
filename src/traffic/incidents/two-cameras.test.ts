import { expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { CameraDefinition, PointPx } from '../site-definition.ts';

/** The second camera sees the same lane 300 px farther to the right in its picture. */
const ASIDE_PX = 300;
const aside = ([x, y]: PointPx): PointPx => [x + ASIDE_PX, y];

function siteWithTwoCameras() {
  const site = siteWith(laneDefinition({ kind: 'through', station: null, usualSource: 'camera' }));
  const second = site.cameras.map(
    (camera): CameraDefinition => ({
      ...camera,
      camera: 'cam-2',
      lanes: camera.lanes.map((lane) => ({ ...lane, polygon: lane.polygon.map(aside) })),
    }),
  );
  return { ...site, cameras: [...site.cameras, ...second] };
}

function car([x, y]: PointPx): TrackPoint {
  const box = [x - 20, y - 40, x + 20, y] as const;
  return { track: 1, class: 'car', score: 0.6, box, foot: [x, y], groundM: null, coasting: false };
}

test('a vehicle that two cameras see is one incident, confirmed, with the place in the picture of the first', () => {
  const road = new TestRoad(siteWithTwoCameras());
  road.run(30_000, (atMs) => {
    const tracks = atMs < 3000 ? [] : [car(aside([50, 300]))];
    road.claim({ kind: 'vehicle-tracks', camera: 'cam-2', atMs, tracks });
    return [car([50, 300])];
  });
  const told = road.stop().of('incident');
  expect(told.map(({ phase, certainty }) => `${phase} ${certainty}`)).toEqual([
    'open suspected',
    'update confirmed',
    'close confirmed',
  ]);
  for (const { positionPx, shownBy } of told)
    expect({ positionPx, shownBy }).toEqual({ positionPx: [50, 300], shownBy: 'cam' });
});
