import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint, VehicleClass } from '../observations/observation.ts';
import type { CameraLaneDefinition, PointPx } from '../site-definition.ts';

/** To the right of the lane that `siteWith` draws, as wide. */
const RIGHT: readonly PointPx[] = [
  [100, 0],
  [200, 0],
  [200, 1000],
  [100, 1000],
];
const LANE_2: CameraLaneDefinition = {
  ...{ lane: 'north-2', polygon: RIGHT, stopLine: null },
  countLine: [
    [100, 500],
    [200, 500],
  ],
  direction: [
    [150, 0],
    [150, 1000],
  ],
};

function user(track: number, foot: PointPx, kind: VehicleClass): TrackPoint {
  const [x, y] = foot;
  const half = kind === 'person' ? 6 : 25;
  const box = [x - half, y - (kind === 'truck' ? 80 : 40), x + half, y] as const;
  return { track, class: kind, score: 0.6, box, foot, groundM: null, coasting: false };
}

/** A road whose right half is another lane, or the shoulder of the left one. */
function roadBeside(right: 'lane' | 'shoulder'): TestRoad {
  const definition = siteWith(laneDefinition({ station: null, usualSource: 'camera' }));
  const second = laneDefinition({ lane: 'north-2', number: 2, station: null, usualSource: 'camera' });
  const zone = { zone: 'verge', kind: 'shoulder', polygon: RIGHT, lane: null } as const;
  const cameras = definition.cameras.map((camera) =>
    right === 'lane'
      ? { ...camera, lanes: [...camera.lanes, LANE_2] }
      : { ...camera, zones: [...camera.zones, zone] },
  );
  return new TestRoad({ ...definition, lanes: [...definition.lanes, second], cameras });
}

/** What opened and closed, and how many incidents that were. */
function told(road: TestRoad): readonly [string, number] {
  const incidents = road.of('incident');
  const phases = incidents.map(({ phase, incidentKind }) => `${phase} ${incidentKind}`).join(', ');
  return [phases, new Set(incidents.map(({ incident }) => incident)).size];
}

/** Its foot goes to and fro over the line between the two halves. */
const sways = (atMs: number) => 100 + 5 * Math.sin(atMs / 900);

describe('what is on the line between two places is one incident', () => {
  test.each(['lane', 'shoulder'] as const)('a lorry half on the other %s', (right) => {
    const road = roadBeside(right).run(30_000, (atMs) => [user(1, [sways(atMs), 300], 'truck')]);
    expect(told(road)).toEqual(['open stopped-vehicle', 1]);
    expect(told(road.run(5000))).toEqual(['open stopped-vehicle, close stopped-vehicle', 1]);
  });

  test('a lorry that the tracker renames', () => {
    const renamed = (atMs: number) => [user(Math.floor(atMs / 7000), [sways(atMs), 300], 'truck')];
    expect(told(roadBeside('lane').run(30_000, renamed))).toEqual(['open stopped-vehicle', 1]);
  });

  test('somebody who walks along it', () => {
    const walks = (atMs: number) => [user(1, [sways(atMs), 200 + atMs / 100], 'person')];
    expect(told(roadBeside('lane').run(20_000, walks))).toEqual(['open pedestrian', 1]);
  });

  test('somebody who drives the wrong way and changes lanes', () => {
    const drives = (atMs: number) => [user(1, [atMs < 4000 ? 60 : 140, 900 - atMs / 9], 'car')];
    expect(told(roadBeside('lane').run(7000, drives))).toEqual(['open wrong-way', 1]);
  });
});

describe('two incidents are', () => {
  test('vehicles that stand beside each other in two lanes', () => {
    const both = () => [user(1, [60, 300], 'car'), user(2, [140, 300], 'car')];
    expect(told(roadBeside('lane').run(10_000, both))[1]).toBe(2);
  });

  test('a vehicle that has gone on, far from where one still stands, and stands again in the other lane', () => {
    const stands = user(1, [60, 300], 'car');
    const road = roadBeside('lane').run(8000, () => [stands, user(2, [60, 240], 'car')]);
    road.run(12_000, () => [stands, user(2, [140, 800], 'car')]);
    expect(told(road)[1]).toBe(2);
  });
});
