import { describe, expect, test } from 'vitest';
import { TestRoad, WALL_MINUS_MONO } from '../../test/fakes/road.ts';
import { singleLoopLane, siteSeenFromAbove, siteWith } from '../../test/fakes/site.ts';
import type { TrackPoint } from './observations/observation.ts';
import type { FaultRecord, IncidentRecord, PassageRecord } from './record.ts';

const standing = (y: number): TrackPoint => ({
  track: 7,
  class: 'car',
  score: 0.9,
  box: [30, y - 40, 70, y],
  foot: [50, y],
  groundM: [0, y / 10],
  coasting: false,
});

describe('flow intervals', () => {
  test('a quiet road sends intervals with count zero', () => {
    const [interval] = new TestRoad().run(25_000).flow('loop');
    expect(interval).toMatchObject({ count: 0, flowVehH: 0, occupancyPct: 0, coveragePct: 100, gaps: [] });
    expect(interval?.spaceMeanSpeedKmh).toBeNull();
  });
  test('a dead detector never sends a zero', () => {
    const road = new TestRoad();
    road.cardAlive = false;
    const [interval] = road.run(25_000).flow('loop');
    expect(interval).toMatchObject({ count: null, flowVehH: null, occupancyPct: null, coveragePct: 0 });
    expect(interval?.gaps).toMatchObject([{ cause: 'device' }]);
  });
  test('a sensor process that says nothing leaves a gap of the agent', () => {
    const road = new TestRoad();
    road.cameraAlive = false;
    expect(road.run(25_000).flow('camera')[0]).toMatchObject({ count: null, gaps: [{ cause: 'agent' }] });
  });
  test('count, flow, occupancy and both mean speeds follow their definitions', () => {
    const road = new TestRoad().run(21_000).drive().drive().run(22_000);
    const interval = road.flow('loop')[1];
    // two vehicles, each 500 ms on the entry loop, 4.5 m in 300 ms
    expect(interval).toMatchObject({
      count: 2,
      flowVehH: 360,
      occupancyPct: 5,
      timeMeanSpeedKmh: 54,
      spaceMeanSpeedKmh: 54,
      speedCount: 2,
      spotSpeedCount: 2,
      meanHeadwayS: 1,
    });
  });
  test('on-time is clipped to the interval', () => {
    const road = new TestRoad().run(36_000).loop('a', true).run(8000).loop('a', false).run(25_000);
    expect(road.flow('loop').map((r) => r.occupancyPct)).toEqual([0, 20, 20]);
  });
  test('every width counts the same vehicles', () => {
    const road = new TestRoad().run(1000);
    for (let i = 0; i < 50; i += 1) road.drive();
    road.run(15_000);
    const sum = (widthS: number): number =>
      road.flow('loop', widthS).reduce((total, r) => total + (r.count ?? 0), 0);
    expect(sum(60)).toBe(50);
    expect(sum(20)).toBe(50);
  });
  test('a step of the clock ends the running interval and keeps its vehicles', () => {
    const road = new TestRoad().run(1000).drive();
    road.offsetMs += 3_600_000;
    road.run(30_000).stop();
    const partial = road.flow('loop')[0];
    expect(partial).toMatchObject({ partial: true, count: 1 });
    expect(road.flow('loop').reduce((total, r) => total + (r.count ?? 0), 0)).toBe(1);
  });
  test('a stop publishes what the running interval has', () => {
    const [interval] = new TestRoad().run(1000).drive().stop().flow('loop');
    expect(interval).toMatchObject({ partial: true, count: 1, endMs: WALL_MINUS_MONO + 2000 });
  });
});

describe('records', () => {
  test('are numbered without a gap within each stream', () => {
    const road = new TestRoad().run(1000).drive().drive().drive().run(60_000);
    for (const stream of ['flow', 'passage'] as const) {
      expect(road.of(stream).map((r) => r.seq)).toEqual(road.of(stream).map((_, i) => i + 1));
    }
    expect(road.of('passage')[0]?.id).toBe('test-site/boot/passage/1');
  });
  test('the same observations and ticks make the same records, byte for byte', () => {
    const once = (): string => JSON.stringify(new TestRoad().run(500).drive().drive().run(30_000).records);
    expect(once()).toBe(once());
  });
  test('a passage carries headway and gap to the vehicle before', () => {
    const passages: PassageRecord[] = new TestRoad().run(500).drive().drive().of('passage');
    expect(passages.map((p) => [p.headwayMs, p.gapMs])).toEqual([
      [null, null],
      [1000, 500],
    ]);
  });
});

describe('a loop that locks on', () => {
  const stuck = (road = new TestRoad()): TestRoad => road.run(1000).drive().loop('a', true).run(25_000);

  test('is a fault, and its lane has no figures instead of false ones', () => {
    const road = stuck(new TestRoad(siteWith(singleLoopLane({ faults: { lockedOnS: 10 } })))).run(20_000);
    expect(road.of('fault')).toMatchObject([
      { phase: 'open', code: 'locked-on', sensor: 'a', lanes: ['north-1'] },
    ]);
    expect(road.flow('loop')[1]).toMatchObject({
      count: null,
      occupancyPct: null,
      gaps: [{ cause: 'detector' }],
    });
  });
  test('leaves its lane to the exit loop of a pair, which then counts alone', () => {
    const road = stuck();
    for (let i = 0; i < 5; i += 1) road.loop('b', true).run(500).loop('b', false).run(1500);
    const [first, second] = road.run(20_000).flow('loop');
    expect(first).toMatchObject({ count: 1, gaps: [{ cause: 'detector' }] });
    expect(second).toMatchObject({ sensor: 'b', count: 5, occupancyPct: 12.5, coveragePct: 100, gaps: [] });
    expect(road.of('passage').slice(1)).toMatchObject(Array(5).fill({ sensor: 'b', speedKmh: null }));
  });
  test('closes its fault when it is free again, and the next vehicle counts', () => {
    const road = stuck().loop('a', false).run(1000).drive().run(1000).stop();
    expect(road.of('fault').map((r: FaultRecord) => r.phase)).toEqual(['open', 'close']);
    expect(road.of('passage').map((r) => r.direction)).toEqual(['forward', 'forward']);
    expect(road.of('incident')).toEqual([]);
  });
});

describe('incidents', () => {
  const phases = (records: readonly IncidentRecord[]): unknown[] =>
    records.map((r) => [r.incidentKind, r.phase]);

  test('a vehicle that stands opens one incident after the dwell and closes it when it has gone', () => {
    const road = new TestRoad().run(8000, () => [standing(300)]).run(5000);
    expect(phases(road.of('incident'))).toEqual([
      ['stopped-vehicle', 'open'],
      ['stopped-vehicle', 'close'],
    ]);
    const [open, close] = road.of('incident');
    expect(close?.incident).toBe(open?.incident);
    expect(open).toMatchObject({ lane: 'north-1', sensors: ['cam'], positionM: [0, 30], closedAtMs: null });
  });
  test('a vehicle that stands shorter than the dwell is none', () => {
    expect(
      new TestRoad()
        .run(4000, () => [standing(300)])
        .run(9000)
        .of('incident'),
    ).toEqual([]);
  });
  test('a camera that shows nothing does not close what it has seen', () => {
    const road = new TestRoad().run(8000, () => [standing(300)]);
    road.cameraAlive = false;
    expect(phases(road.run(20_000).of('incident'))).toEqual([['stopped-vehicle', 'open']]);
  });
  test('a vehicle that drives against its lane is seen by the camera', () => {
    const upwards = (atMs: number): TrackPoint[] => [standing(900 - atMs / 10)];
    const road = new TestRoad().run(5000, upwards);
    expect(phases(road.of('incident'))).toEqual([['wrong-way', 'open']]);
    expect(road.of('passage')).toMatchObject([{ source: 'camera', direction: 'reverse' }]);
  });
  test('a vehicle that crosses the loops in the wrong order is one too, and is not counted as flow', () => {
    const road = new TestRoad().run(1000).drive(['b', 'a']).run(25_000);
    expect(phases(road.of('incident'))).toEqual([
      ['wrong-way', 'open'],
      ['wrong-way', 'close'],
    ]);
    expect(road.flow('loop')[0]).toMatchObject({ count: 0, reverseCount: 1 });
  });
  test('loops confirm what the camera raised', () => {
    const upwards = (atMs: number): TrackPoint[] => [standing(900 - atMs / 10)];
    const road = new TestRoad().run(4000, upwards);
    road.loop('b', true).run(300, upwards).loop('a', true).run(200, upwards);
    road.loop('b', false).run(300, upwards).loop('a', false).run(200, upwards);
    expect(road.of('incident').map((r) => [r.phase, r.sensors])).toEqual([
      ['open', ['cam']],
      ['update', ['cam', 'a']],
    ]);
  });
});

describe('a camera lane', () => {
  const downwards =
    (track: number, fromMs: number) =>
    (atMs: number): TrackPoint[] => {
      const y = 100 + (atMs - fromMs) / 10;
      return y > 900 ? [] : [{ ...standing(y), track }];
    };
  test('counts one passage per track that crosses its line, with its speed on the ground', () => {
    const road = new TestRoad(siteSeenFromAbove()).run(8000, downwards(1, 0));
    expect(road.of('passage')).toMatchObject([
      { source: 'camera', lane: 'north-1', direction: 'forward', class: 'car' },
    ]);
    // 100 px/s are 10 m/s
    expect(road.of('passage')[0]?.speedKmh).toBeCloseTo(36, 1);
  });
  test('counts a vehicle once that dithers on the line', () => {
    const dither = (atMs: number): TrackPoint[] => [
      standing(atMs < 3000 ? 450 : 500 + 30 * Math.sin(atMs / 300)),
    ];
    expect(new TestRoad().run(9000, dither).of('passage').length).toBeLessThanOrEqual(1);
  });
  test('does not count people', () => {
    // 14 px/s are 1.4 m/s
    const walker = (atMs: number): TrackPoint[] => [{ ...standing(440 + 0.014 * atMs), class: 'person' }];
    expect(new TestRoad().run(8000, walker).of('passage')).toEqual([]);
  });
});
