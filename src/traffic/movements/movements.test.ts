import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint, VehicleClass } from '../observations/observation.ts';
import type { PointPx, SiteDefinition, ZoneDefinition } from '../site-definition.ts';

function zone(name: string, kind: 'entry' | 'exit', [x, y]: PointPx): ZoneDefinition {
  const polygon: readonly PointPx[] = [
    [x, y],
    [x + 100, y],
    [x + 100, y + 100],
    [x, y + 100],
  ];
  return { zone: name, kind, polygon, lane: null };
}

/** Enters above, goes out below or to the right. */
const ZONES = [
  zone('from-north', 'entry', [0, 0]),
  zone('to-south', 'exit', [0, 900]),
  zone('to-east', 'exit', [800, 400]),
];

function junction(zones: readonly ZoneDefinition[] = ZONES): SiteDefinition {
  const site = siteWith(laneDefinition({ station: null, usualSource: 'camera' }));
  return { ...site, cameras: site.cameras.map((camera) => ({ ...camera, zones })) };
}

function at([x, y]: PointPx, { track = 1, roadUser = 'car' as VehicleClass } = {}): TrackPoint {
  const box = [x - 20, y - 40, x + 20, y] as const;
  return { track, class: roadUser, score: 0.6, box, foot: [x, y], groundM: null, coasting: false };
}

/** From one place to the next, 4 s for each leg. */
function drive(places: readonly PointPx[], of?: Parameters<typeof at>[1]) {
  const LEG_MS = 4000;
  return (sinceMs: number): TrackPoint[] => {
    const leg = Math.floor(sinceMs / LEG_MS);
    const [from, to] = [places[leg], places[leg + 1]];
    if (from === undefined || to === undefined) return [];
    const share = (sinceMs % LEG_MS) / LEG_MS;
    return [at([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])], of)];
  };
}

const NORTH: PointPx = [50, 20];
const MIDDLE: PointPx = [50, 450];
const SOUTH: PointPx = [50, 990];
const EAST: PointPx = [890, 450];

function movements(road: TestRoad) {
  return road.of('movement').filter(({ widthS }) => widthS === 20);
}

/** Count by `entry>exit`, and what is unmatched. */
function figures(road: TestRoad): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (key: string, count: number): void => {
    if (count > 0) counts[key] = (counts[key] ?? 0) + count;
  };
  for (const { movements: pairs, unmatchedEntries, unmatchedExits } of movements(road)) {
    for (const { entry, exit, count } of pairs ?? []) add(`${entry}>${exit}`, count);
    for (const [name, count] of Object.entries(unmatchedEntries ?? {})) add(`${name}>?`, count);
    for (const [name, count] of Object.entries(unmatchedExits ?? {})) add(`?>${name}`, count);
  }
  return counts;
}

describe('turning movements', () => {
  test('are counted by entry and exit, and by class group', () => {
    const road = new TestRoad(junction());
    road
      .run(9000, drive([NORTH, MIDDLE, SOUTH]))
      .run(9000, (atMs) => drive([NORTH, MIDDLE, EAST], { track: 2, roadUser: 'truck' })(atMs - 9000));
    expect(figures(road.run(10_000))).toEqual({ 'from-north>to-south': 1, 'from-north>to-east': 1 });
    const pairs = movements(road).flatMap((interval) => interval.movements ?? []);
    expect(pairs.find(({ exit, count }) => exit === 'to-east' && count > 0)?.classCounts).toEqual({
      ...{ light: 0, heavy: 1, motorcycle: 0, other: 0 },
    });
  });

  test('of a vehicle whose track was lost on the way are in no pair but unmatched at both ends', () => {
    const road = new TestRoad(junction());
    const before = drive([NORTH, MIDDLE], { track: 1 });
    const after = drive([MIDDLE, SOUTH], { track: 2 });
    road.run(8000, (atMs) => (atMs < 4000 ? before(atMs) : after(atMs - 4000)));
    expect(figures(road.run(34_000))).toEqual({ 'from-north>?': 1, '?>to-south': 1 });
  });

  test('are none of a vehicle that stands in a zone, even as its track is lost and found', () => {
    const road = new TestRoad(junction());
    road.run(20_000, (atMs) => [at([50, 950], { track: Math.floor(atMs / 3000) })]);
    expect(figures(road.run(10_000))).toEqual({});
  });

  test('are none of one picture in which the box jumps into an exit, nor of cyclists', () => {
    const road = new TestRoad(junction());
    road.run(4000, (atMs) => (atMs === 2000 ? [at(EAST)] : drive([NORTH, MIDDLE])(atMs)));
    road.run(8000, (atMs) => drive([NORTH, MIDDLE, SOUTH], { track: 9, roadUser: 'bicycle' })(atMs - 4000));
    expect(figures(road.run(24_000))).toEqual({ 'from-north>?': 1 });
  });

  test('of a quiet junction are zero for every pair, and null while the camera shows nothing', () => {
    const road = new TestRoad(junction()).run(23_000);
    expect(movements(road)[0]).toMatchObject({
      camera: 'cam',
      movements: [
        { entry: 'from-north', exit: 'to-south', count: 0 },
        { entry: 'from-north', exit: 'to-east', count: 0 },
      ],
      unmatchedEntries: { 'from-north': 0 },
      coveragePct: 100,
    });
    road.cameraAlive = false;
    const blind = movements(road.run(42_000)).at(-1);
    expect(blind).toMatchObject({ movements: null, unmatchedEntries: null, unmatchedExits: null });
    expect(blind?.gaps).not.toEqual([]);
  });

  test('are not made without zones for them', () => {
    const road = new TestRoad(junction(ZONES.slice(0, 1))).run(50_000);
    expect(road.of('movement')).toEqual([]);
  });
});
