import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { INCIDENT_RULES, laneDefinition, siteSeenFromAbove, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { LaneKind } from '../site-definition.ts';
import { judgeQueue, type QueueSize } from './congestion.ts';

/** Cars behind one another, `gap` pixels apart, that stand or creep on at some pixels per second. */
function queue(of: { cars: number; headY: number; gap: number; creepPxS?: number }) {
  return (atMs: number): TrackPoint[] =>
    Array.from({ length: of.cars }, (_, n): TrackPoint => {
      const y = of.headY - n * of.gap + ((of.creepPxS ?? 0) * atMs) / 1000;
      const box = [30, y - 40, 70, y] as const;
      return { track: n, class: 'car', score: 0.6, box, foot: [50, y], groundM: null, coasting: false };
    });
}

function roadOf(kind: LaneKind = 'through'): TestRoad {
  return new TestRoad(siteWith(laneDefinition({ kind, station: null, usualSource: 'camera' })));
}

function opened(road: TestRoad): readonly string[] {
  return road.of('incident').flatMap(({ phase, incidentKind }) => (phase === 'open' ? [incidentKind] : []));
}

const long = queue({ cars: 8, headY: 950, gap: 100 });

describe('a queue', () => {
  test('over most of the lane is congestion, and no vehicle of it is a stopped one', () => {
    const road = roadOf().run(60_000, long);
    expect(opened(road)).toEqual(['congestion']);
    expect(road.of('incident')[0]).toMatchObject({ positionPx: [50, 950], direction: 'forward' });
  });

  test('that creeps is one, too', () => {
    expect(opened(roadOf().run(15_000, queue({ cars: 9, headY: 850, gap: 100, creepPxS: 8 })))).toEqual([
      'congestion',
    ]);
  });

  test('at a signal is none during the red, and one when it outlasts any', () => {
    expect(opened(roadOf('stop-line').run(170_000, long))).toEqual([]);
    expect(opened(roadOf('stop-line').run(200_000, long))).toContain('congestion');
  });

  test('that fills a calibrated view too short for the limit is one', () => {
    const site = siteSeenFromAbove(laneDefinition({ station: null, usualSource: 'camera' }));
    const near = (fromY: number) => ({
      ...site,
      cameras: site.cameras.map((camera) => ({
        ...camera,
        lanes: camera.lanes.map((lane) => ({
          ...lane,
          polygon: lane.polygon.map(([x, y]) => [x, Math.max(y, fromY)] as const),
        })),
      })),
    });
    const cars = (atMs: number) =>
      queue({ cars: 6, headY: 990, gap: 65 })(atMs).map(
        (car): TrackPoint => ({ ...car, groundM: [5, -car.foot[1] / 10] }),
      );
    expect(opened(new TestRoad(near(600)).run(60_000, cars))).toEqual(['congestion']);
    expect(opened(new TestRoad(near(400)).run(60_000, cars))).not.toContain('congestion');
  });

  test('at a stop line that is drawn is none during the red, whatever kind the lane is of', () => {
    const { definition } = roadOf('through');
    const stopLine = [
      [0, 980],
      [100, 980],
    ] as const;
    const cameras = definition.cameras.map((camera) => ({
      ...camera,
      lanes: camera.lanes.map((lane) => ({ ...lane, stopLine })),
    }));
    const road = new TestRoad({ ...definition, cameras });
    expect(opened(road.run(170_000, long))).toEqual([]);
    expect(opened(road.run(30_000, long))).toContain('congestion');
  });

  test.each([
    ['of two vehicles', queue({ cars: 2, headY: 950, gap: 190 })],
    ['over a small part of the lane', queue({ cars: 5, headY: 950, gap: 60 })],
    ['of vehicles that stand far apart', queue({ cars: 4, headY: 950, gap: 280 })],
    ['that moves', queue({ cars: 9, headY: 850, gap: 100, creepPxS: 40 })],
  ])('%s is no congestion', (_name, tracks) => {
    expect(opened(roadOf().run(15_000, tracks))).not.toContain('congestion');
  });

  test('is looked for in the kinds of lane that the site names', () => {
    const { definition } = roadOf();
    const congestion = { ...definition.incidents.congestion, lanes: ['ramp'] as const };
    const incidents = { ...definition.incidents, congestion };
    expect(opened(new TestRoad({ ...definition, incidents }).run(60_000, long))).toEqual([]);
  });

  test('that dissolves closes it', () => {
    const road = roadOf().run(20_000, long);
    road.run(16_000);
    expect(road.of('incident').map(({ phase }) => phase)).toEqual(['open', 'close']);
  });
});

describe('the length of a queue', () => {
  const rules = { ...INCIDENT_RULES.congestion, queueLengthM: 50, laneSharePct: 60 };
  const known = { sinceMs: 0, lastMs: 10_000 };
  const size = (lengthM: number | null, sharePct: number, vehicles = 8, drawnM = 200): QueueSize => ({
    ...{ vehicles, lengthM, drawnM, sharePct },
  });
  test.each<readonly [string, typeof known | null, QueueSize, number, boolean]>([
    ['is judged in metres where they are known', null, size(51, 10), 10_100, true],
    ['and not by the picture then', null, size(49, 100), 10_100, false],
    ['fills a lane that is seen for less than the limit', null, size(33, 10, 5, 40), 10_100, true],
    ['leaves room in such a lane', null, size(31, 10, 5, 40), 10_100, false],
    ['is judged by the picture where they are not', null, size(null, 61), 10_100, true],
    ['a share short of the limit is none', null, size(null, 59), 10_100, false],
    ['two vehicles are no queue, however long', null, size(60, 90, 2), 10_100, false],
    ['it has to shrink by a fifth to end', known, size(41, 0), 10_100, true],
    ['and has ended a while after it has', known, size(39, 0), 15_100, false],
    ['it may dissolve for a moment', known, size(0, 0), 14_000, true],
    ['it has ended after a longer one', known, size(0, 0), 15_100, false],
  ])('%s', (_name, before, now, atMs, tooLong) => {
    expect(judgeQueue(before, now, rules, atMs) !== null).toBe(tooLong);
  });
});
