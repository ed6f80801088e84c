import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint, VehicleClass } from '../observations/observation.ts';
import type { LaneKind, PointPx, ZoneDefinition } from '../site-definition.ts';

function user(track: number, foot: PointPx, kind: VehicleClass = 'person'): TrackPoint {
  const [x, y] = foot;
  const half = kind === 'person' ? 6 : 25;
  const box = [x - half, y - 36, x + half, y] as const;
  return { track, class: kind, score: 0.6, box, foot, groundM: null, coasting: false };
}

function roadOf(kind: LaneKind, zones: readonly ZoneDefinition[] = []): TestRoad {
  const definition = siteWith(laneDefinition({ kind, station: null, usualSource: 'camera' }));
  const cameras = definition.cameras.map((camera) => ({ ...camera, zones }));
  return new TestRoad({ ...definition, cameras });
}

function opened(road: TestRoad): readonly string[] {
  return road
    .of('incident')
    .flatMap(({ phase, incidentKind, severity }) =>
      phase === 'open' ? [`${severity} ${incidentKind}`] : [],
    );
}

/** Walks along the lane at about 1.4 m/s, as high as people are. */
const walker =
  (track = 1) =>
  (atMs: number): TrackPoint[] => [user(track, [50, 200 + atMs / 40])];

describe('somebody on foot', () => {
  test('who stays in a lane of flowing traffic is an incident', () => {
    expect(opened(roadOf('through').run(6000, walker()))).toEqual(['critical pedestrian']);
  });

  test('on a shoulder is a less urgent one', () => {
    const polygon: readonly PointPx[] = [
      [100, 0],
      [200, 0],
      [200, 1000],
      [100, 1000],
    ];
    const road = roadOf('through', [{ zone: 'verge', kind: 'shoulder', polygon, lane: null }]);
    road.run(6000, (atMs) => [user(1, [150, 200 + atMs / 40])]);
    expect(opened(road)).toEqual(['warning pedestrian']);
  });

  test('who only crosses is none, however many lanes and shoulders there are', () => {
    const polygon: readonly PointPx[] = [
      [100, 0],
      [400, 0],
      [400, 1000],
      [100, 1000],
    ];
    const road = roadOf('through', [{ zone: 'verge', kind: 'shoulder', polygon, lane: null }]);
    const acrossAt = (pxS: number) => (atMs: number) => [user(1, [(atMs * pxS) / 1000, 300])];
    // 36 pixels are 1.7 m: 1.35 m/s, and somebody who hardly gets on.
    expect(opened(road.run(14_000, acrossAt(28.6)))).toEqual([]);
    expect(opened(roadOf('through').run(14_000, acrossAt(7)))).toEqual(['critical pedestrian']);
  });

  test('who does not move at all is a cone; who stands and sways is somebody', () => {
    const standing = (sway: number) => (atMs: number) => [user(1, [50 + sway * Math.sin(atMs / 700), 300])];
    expect(opened(roadOf('through').run(30_000, standing(1)))).toEqual([]);
    expect(opened(roadOf('through').run(30_000, standing(3)))).toEqual(['critical pedestrian']);
  });

  test.each<LaneKind>(['stop-line', 'turn', 'bus', 'non-motor'])('in a lane of kind %s is none', (kind) => {
    expect(opened(roadOf(kind).run(20_000, walker()))).toEqual([]);
  });

  test('on a crossing is none', () => {
    const polygon: readonly PointPx[] = [
      [0, 100],
      [100, 100],
      [100, 900],
      [0, 900],
    ];
    const road = roadOf('through', [{ zone: 'zebra', kind: 'crossing', polygon, lane: null }]);
    expect(opened(road.run(15_000, walker()))).toEqual([]);
  });

  test('whom the detector sees only now and then, and not for long, is none', () => {
    const flicker = (atMs: number): TrackPoint[] => (atMs % 3000 < 200 ? walker()(atMs) : []);
    expect(opened(roadOf('through').run(30_000, flicker))).toEqual([]);
  });

  test('whom pictures miss for a moment, and the tracker renames, is the same person', () => {
    const gaps = (atMs: number): TrackPoint[] =>
      atMs % 1000 < 400 ? [] : walker(Math.floor(atMs / 2000))(atMs);
    expect(opened(roadOf('through').run(9000, gaps))).toEqual(['critical pedestrian']);
  });

  test.each<readonly [string, VehicleClass, PointPx]>([
    ['rides a motorcycle', 'motorcycle', [50, 316]],
    ['sits in a car', 'car', [50, 304]],
  ])('who %s is none', (_name, kind, foot) => {
    const sways = (atMs: number) => user(1, [50 + 3 * Math.sin(atMs / 700), 300]);
    const both = (atMs: number): TrackPoint[] => [sways(atMs), user(2, foot, kind)];
    expect(opened(roadOf('stop-line').run(9000, both))).toEqual([]);
    expect(opened(roadOf('through').run(9000, both))).toEqual(['warning stopped-vehicle']);
    expect(opened(roadOf('through').run(9000, (atMs) => [sways(atMs)]))).toEqual(['critical pedestrian']);
  });

  test('who stands before a car is somebody: the feet are lower than its wheels', () => {
    const both = (atMs: number) => [user(1, [50 + 3 * Math.sin(atMs / 700), 308]), user(2, [50, 304], 'car')];
    expect(opened(roadOf('through').run(9000, both))).toContain('critical pedestrian');
  });

  test('who is faster than people run rides something', () => {
    const fast = (atMs: number): TrackPoint[] => [user(1, [50, (atMs * 0.11) % 1000])];
    expect(opened(roadOf('through').run(8000, fast))).toEqual([]);
  });
});

describe('a cyclist', () => {
  const rider = (atMs: number): TrackPoint[] => [user(1, [50, 100 + atMs / 20], 'bicycle')];
  test('on a ramp is an incident', () => {
    expect(opened(roadOf('ramp').run(8000, rider))).toEqual(['warning cyclist']);
  });
  test('in a street is none unless the site says so', () => {
    expect(opened(roadOf('through').run(8000, rider))).toEqual([]);
  });
});
