import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { LaneKind } from '../site-definition.ts';

function carAt(y: number): TrackPoint[] {
  const box = [30, y - 40, 70, y] as const;
  return [{ track: 1, class: 'car', score: 0.6, box, foot: [50, y], groundM: null, coasting: false }];
}

function roadOf(kind: LaneKind): TestRoad {
  return new TestRoad(siteWith(laneDefinition({ kind, station: null, usualSource: 'camera' })));
}

function opened(road: TestRoad): readonly string[] {
  return road.of('incident').flatMap(({ phase, incidentKind }) => (phase === 'open' ? [incidentKind] : []));
}

describe('a vehicle that stands', () => {
  test('in a lane where traffic flows is an incident after the dwell', () => {
    expect(opened(roadOf('through').run(8000, () => carAt(300)))).toEqual(['stopped-vehicle']);
  });

  test.each(['stop-line', 'turn', 'bus'] as const)(
    'for a minute and a half in a lane of kind %s waits',
    (kind) => {
      expect(opened(roadOf(kind).run(90_000, () => carAt(300)))).toEqual([]);
    },
  );

  test('for longer than any red is an incident at the stop line, too', () => {
    expect(opened(roadOf('stop-line').run(200_000, () => carAt(300)))).toEqual(['stopped-vehicle']);
  });

  test('is not said to have stood while nobody could see it', () => {
    const road = roadOf('through').run(3000, () => carAt(300));
    road.cameraAlive = false;
    road.run(8000);
    road.cameraAlive = true;
    expect(opened(road.run(3000, () => carAt(300)))).toEqual([]);
    expect(opened(road.run(4000, () => carAt(300)))).toEqual(['stopped-vehicle']);
  });
});

test('a red that nobody could see for a while is waited for anew', () => {
  const road = roadOf('stop-line').run(100_000, () => carAt(300));
  road.cameraAlive = false;
  road.run(8000);
  road.cameraAlive = true;
  expect(opened(road.run(90_000, () => carAt(300)))).toEqual([]);
  expect(opened(road.run(95_000, () => carAt(300)))).toEqual(['stopped-vehicle']);
});

describe('the wrong way', () => {
  test('is gone steadily', () => {
    expect(opened(roadOf('through').run(6000, (atMs) => carAt(900 - atMs / 10)))).toEqual(['wrong-way']);
  });

  /** Ten pixels are a metre; against the lane from 90 m on, until it has gone so far. */
  const backwards = (kmh: number, metres: number) => (atMs: number) => {
    const y = 900 - 10 * Math.min(metres, (kmh / 3.6) * (atMs / 1000));
    return carAt(y).map((point): TrackPoint => ({ ...point, groundM: [0, y / 10] }));
  };
  test.each([
    ['6 m at 12 km/h, who parks', 12, 6, 6000, []],
    ['14 m at 12 km/h', 12, 14, 6000, ['wrong-way']],
    ['14 m at 7 km/h, as somebody who rolls back', 7, 14, 9000, []],
    ['for a second and a half, which a track does that is handed over', 60, 100, 1500, []],
    ['for three seconds', 60, 100, 3000, ['wrong-way']],
  ] as const)('by who reverses %s: told or not', (_how, kmh, metres, forMs, told) => {
    const road = roadOf('through').run(forMs, backwards(kmh, metres));
    expect(opened(road).filter((kind) => kind === 'wrong-way')).toEqual(told);
  });

  /** A lane across the picture; a car there is 135 px long, 30 px are a metre. */
  const seenFromTheSide = (kmh: number, metres: number) => {
    const { definition } = roadOf('through');
    const across = {
      polygon: [
        [0, 0],
        [1000, 0],
        [1000, 100],
        [0, 100],
      ],
      countLine: [
        [500, 0],
        [500, 100],
      ],
      direction: [
        [0, 50],
        [1000, 50],
      ],
    } as const;
    const cameras = definition.cameras.map((camera) => ({
      ...camera,
      lanes: camera.lanes.map((lane) => ({ ...lane, ...across })),
    }));
    return new TestRoad({ ...definition, cameras }).run(9000, (atMs) => {
      const x = 800 - 30 * Math.min(metres, (kmh / 3.6) * (atMs / 1000));
      return carAt(60).map(
        (point): TrackPoint => ({ ...point, foot: [x, 60], box: [x - 67, 15, x + 67, 60] }),
      );
    });
  };
  test.each([
    ['5 m, who parks', 5, 5, []],
    ['5 m at 9 km/h, who parks in haste', 9, 5, []],
    ['16 m at a slow walk, as somebody who rolls back', 3, 16, []],
    ['16 m at 20 km/h', 20, 16, ['wrong-way']],
  ] as const)('by who reverses across an uncalibrated view %s: told or not', (_how, kmh, metres, told) => {
    expect(opened(seenFromTheSide(kmh, metres)).filter((kind) => kind === 'wrong-way')).toEqual(told);
  });

  test('is not gone in a bay or at a bus stop, where vehicles back in', () => {
    const polygon = [
      [0, 0],
      [100, 0],
      [100, 1000],
      [0, 1000],
    ] as const;
    for (const kind of ['bay', 'bus-stop'] as const) {
      const { definition } = roadOf('through');
      const zones = [{ zone: 'z', kind, polygon, lane: null }];
      const cameras = definition.cameras.map((camera) => ({ ...camera, zones }));
      expect(opened(new TestRoad({ ...definition, cameras }).run(6000, backwards(12, 14)))).toEqual([]);
    }
  });

  test('is not gone by a track that jumps back to the next vehicle, again and again', () => {
    const queue = (atMs: number): TrackPoint[] => carAt(300 + ((atMs / 10) % 200));
    expect(opened(roadOf('through').run(20_000, queue))).toEqual([]);
  });
});
