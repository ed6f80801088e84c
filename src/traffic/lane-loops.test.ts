import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../test/fakes/road.ts';
import {
  dualStation,
  laneDefinition,
  loopDefinition,
  singleStation,
  siteWith,
} from '../../test/fakes/site.ts';
import type { DeviceInterval, VehicleDetection } from './observations/observation.ts';
import type { LaneDefinition, LoopEvidence } from './site-definition.ts';

/** A road whose loop `a` tells what the evidence says. */
function roadWith(evidence: LoopEvidence, changes: Partial<LaneDefinition> = {}, latencyMs = 0): TestRoad {
  const entry = loopDefinition({ loop: 'a', evidence, latencyMs });
  return new TestRoad(siteWith(laneDefinition({ station: singleStation({ entry }), ...changes })));
}

describe('a device that measures whole vehicles', () => {
  const vehicle = (atMs: number, changes: Partial<VehicleDetection> = {}): VehicleDetection => ({
    kind: 'vehicle-detection',
    loop: 'a',
    atMs,
    uncertaintyMs: 5,
    direction: 'forward',
    onTimeMs: 400,
    speedKmh: 54,
    lengthM: 4.5,
    class: 'car',
    missedBefore: 0,
    ...changes,
  });
  const road = (latencyMs = 0): TestRoad => roadWith({ kind: 'vehicles' }, {}, latencyMs);

  test('has its vehicles published as the device measured them', () => {
    const told = road().run(1000).claim(vehicle(600)).run(25_000);
    expect(told.of('passage')).toMatchObject([
      { onTimeMs: 400, speedKmh: 54, speedMethod: 'device', speedUncertaintyPct: null, lengthClass: 'c' },
    ]);
    expect(told.flow('loop')[0]).toMatchObject({
      ...{ count: 1, occupancyPct: 2, occupancyMethod: 'device', occupancyUncertaintyPct: null },
      ...{ speedMethod: 'device', timeMeanSpeedKmh: 54, resolution: 'device', meanLengthM: 4.5 },
      classCounts: { c: 1, b: 0, a: 0, unclassified: 0 },
    });
  });
  test('adds the vehicles that it could only count, between the ones it described', () => {
    const told = road()
      .run(1000)
      .claim(vehicle(600))
      .run(4000)
      .claim(vehicle(4600, { missedBefore: 3 }));
    const passages = told.run(20_000).of('passage');
    expect(passages.map((p) => [p.counterOnly, p.observedAtMs % 100_000])).toEqual([
      [false, 600],
      [true, 1600],
      [true, 2600],
      [true, 3600],
      [false, 4600],
    ]);
    expect(told.flow('loop')[0]).toMatchObject({ count: 5, counterOnlyCount: 3, occupancyPct: null });
  });
  test('counts a vehicle once that two zones of one lane see, and none of a counter beside it', () => {
    const zone = (loop: string) => loopDefinition({ loop, evidence: { kind: 'vehicles' } });
    const station = dualStation({ entry: zone('a'), exit: zone('b') });
    const both = new TestRoad(siteWith(laneDefinition({ station }))).run(1000);
    both.claim(vehicle(600)).claim(vehicle(900, { loop: 'b' }));
    for (let count = 0; count < 4; count += 1) {
      const known = { kind: 'loop-counters', loop: 'a', bits: 8, nonVolatile: false } as const;
      both.claim({ ...known, count, atMs: both.nowMs }).run(1000);
    }
    expect(both.run(20_000).flow('loop')[0]).toMatchObject({ count: 1, counterOnlyCount: 0 });
  });
  test('has a late vehicle counted in its own interval while that is open', () => {
    const told = road(10_000).run(25_000).claim(vehicle(15_000)).run(30_000);
    expect(told.flow('loop').map((r) => [r.count, r.lateCount])).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });
  test('has a vehicle declared late that becomes known after its interval was published', () => {
    const told = road().run(25_000).claim(vehicle(15_000)).run(30_000);
    expect(told.flow('loop').map((r) => [r.count, r.lateCount])).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(told.of('passage')).toHaveLength(1);
  });
});

describe('a device that makes intervals', () => {
  const interval = (fromMs: number, changes: Partial<DeviceInterval> = {}): DeviceInterval => ({
    kind: 'device-interval',
    loop: 'a',
    fromMs,
    toMs: fromMs + 30_000,
    count: 10,
    occupancyPct: 8,
    meanSpeedKmh: 50,
    speed85Kmh: 58,
    meanHeadwayS: 3,
    meanGapS: 2.5,
    meanLengthM: 5,
    classCounts: { small: 9, large: 1 },
    ...changes,
  });
  const road = (): TestRoad => roadWith({ kind: 'intervals', periodS: 30 }, {}, 31_000);

  test('has no intervals narrower than its own', () => {
    expect(road().run(130_000).flow('loop', 20)).toEqual([]);
  });
  test('has them added up: counts, times by time, means by vehicles', () => {
    const told = road().run(31_000).claim(interval(500)).run(30_000);
    told.claim(interval(30_500, { count: 30, occupancyPct: 16, meanSpeedKmh: 30 })).run(40_000);
    expect(told.flow('loop', 60)).toMatchObject([
      {
        ...{ count: 40, flowVehH: 2400, occupancyPct: 12, occupancyMethod: 'device', coveragePct: 100 },
        ...{ timeMeanSpeedKmh: 35, spaceMeanSpeedKmh: null, speedMethod: 'device', speedCount: 40 },
        ...{ speed85Kmh: null, meanHeadwayS: 3, meanGapS: 2.5, meanLengthM: 5, resolution: 'device' },
        ...{ classScheme: 'device', classCounts: { small: 18, large: 2 } },
      },
    ]);
  });
  test('has its time covered only as far as it counted', () => {
    const told = road().run(31_000).claim(interval(0)).run(30_000);
    told.claim(interval(30_000, { count: null, occupancyPct: null })).run(40_000);
    expect(told.flow('loop', 60)).toMatchObject([
      { count: 10, flowVehH: 1200, occupancyPct: 8, coveragePct: 50, speed85Kmh: null },
    ]);
  });
  test('says nothing, not zero, when it is not heard', () => {
    expect(road().run(130_000).flow('loop', 60)[0]).toMatchObject({ count: null, occupancyPct: null });
  });
});

describe('a counter alone', () => {
  const read = (road: TestRoad, count: number): TestRoad =>
    road.claim({ kind: 'loop-counters', loop: 'a', count, bits: 16, nonVolatile: true, atMs: road.nowMs });
  const road = (): TestRoad => roadWith({ kind: 'counts' }, {}, 2000);

  test('gives counts and flow, and no occupancy or speed', () => {
    const told = road();
    for (let second = 0; second <= 30; second += 1) read(told, 100 + 2 * second).run(1000);
    expect(told.flow('loop')[0]).toMatchObject({
      ...{ count: 40, flowVehH: 7200, coveragePct: 100, resolution: 'device' },
      ...{ occupancyPct: null, occupancyMethod: null, spaceMeanSpeedKmh: null, classCounts: null },
    });
  });
  test('knows the vehicles of a silence, and puts them into it', () => {
    const told = road();
    read(told, 100).run(1000);
    read(told, 101).run(18_000);
    read(told, 119).run(30_000);
    expect(told.flow('loop')[0]).toMatchObject({ count: 19, coveragePct: 95 });
  });
  test('covers nothing while nobody reads it', () => {
    expect(road().run(30_000).flow('loop')[0]).toMatchObject({ count: null, coveragePct: 0 });
  });
});

describe('a counter beside presence', () => {
  test('fills a silence of the bus without raising the flow of the rest', () => {
    const road = new TestRoad();
    const read = (count: number): void => {
      road.claim({ kind: 'loop-counters', loop: 'a', count, bits: 32, nonVolatile: true, atMs: road.nowMs });
    };
    read(10);
    road.run(1000).drive().drive();
    read(12);
    road.run(1000);
    road.cardAlive = false;
    road.run(10_000);
    road.cardAlive = true;
    read(17);
    road.run(2000);
    read(17);
    const [interval] = road.run(20_000).flow('loop');
    expect(interval).toMatchObject({ count: 7, counterOnlyCount: 5, coveragePct: 50, meanHeadwayS: null });
    // 7 vehicles in the 16 s from the first reading of the counter to the last, not in 10 s
    expect(interval?.flowVehH).toBeCloseTo((7 * 3600) / 16, 0);
  });
});

describe('accumulated occupancy', () => {
  const evidence = { kind: 'polled-edges', pollMs: 100, accumulatesOccupancy: true } as const;
  /** Reads the accumulator each second with these values. */
  const occupancies = (values: readonly number[], wrapsAtMs = 65_536): unknown => {
    const road = roadWith(evidence);
    for (const occupiedMs of values) {
      const known = { kind: 'loop-occupancy', loop: 'a', wrapsAtMs, nonVolatile: false } as const;
      road.claim({ ...known, occupiedMs, atMs: road.nowMs }).run(1000);
    }
    const [interval] = road.run(5000).flow('loop');
    return [interval?.occupancyMethod, interval?.occupancyPct, interval?.occupancyUncertaintyPct];
  };
  const seconds = Array.from({ length: 26 }, (_, second) => second);

  test('is the difference of two readings over the time between them', () => {
    expect(occupancies(seconds.map((second) => 200 * second))).toEqual(['accumulated', 20, 0]);
  });
  test('goes on when it wraps', () => {
    expect(occupancies(seconds.map((second) => (64_000 + 200 * second) % 65_536))).toEqual([
      'accumulated',
      20,
      0,
    ]);
  });
  test('loses one difference when the card restarts, and says how much that leaves open', () => {
    const reset = seconds.map((second) => (second < 10 ? 30_000 + 200 * second : 200 * (second - 10)));
    // the lost second was occupied wholly or not at all: 5 points of the 20 s, of which 20 % are in the figure
    expect(occupancies(reset)).toEqual(['accumulated', 20, 4]);
  });
  test('takes no edges, which the poll may have missed', () => {
    const road = roadWith(evidence).run(1000).loop('a', true).run(5000).loop('a', false).run(20_000);
    expect(road.flow('loop')[0]).toMatchObject({ count: 1, occupancyPct: null, occupancyMethod: null });
  });
});

describe('the figures of an interval', () => {
  test('say how uncertain occupancy and speed are from the edges', () => {
    const road = new TestRoad().run(1000);
    for (let i = 0; i < 10; i += 1) road.drive();
    const [interval] = road.run(15_000).flow('loop');
    // ten vehicles with two edges of ±5 ms each in 20 s; ±10 ms of 300 ms is 3.4 %, its error 1 %, of ten 0.3 %
    expect(interval).toMatchObject({
      occupancyPct: 25,
      occupancyMethod: 'edges',
      occupancyUncertaintyPct: 0.5,
    });
    expect(interval).toMatchObject({
      speedMethod: 'dual-loop',
      speedUncertaintyPct: 0.3,
      resolution: 'resolved',
    });
    expect(interval).toMatchObject({ meanGapS: 0.5, meanHeadwayS: 1, meanLengthM: 5.5, speed85Kmh: null });
    expect(interval).toMatchObject({
      classScheme: 'gbt43229',
      classCounts: { c: 10, b: 0, a: 0, unclassified: 0 },
    });
  });
  test('have an 85th percentile from twenty vehicles on', () => {
    const road = new TestRoad().run(1000);
    for (let i = 0; i < 20; i += 1) road.drive();
    const [, wide] = [road.run(60_000), road.flow('loop', 60)[0]];
    expect(wide).toMatchObject({ speedCount: 20, speed85Kmh: 54 });
  });
  test('count a standing vehicle as a queue from its beginning, at a stop line only', () => {
    const queue = (atStopLine: boolean): unknown => {
      const station = dualStation({ atStopLine });
      const road = new TestRoad(siteWith(laneDefinition({ station })));
      road.run(2000).loop('a', true).run(2900).loop('a', false).run(10_000);
      return road
        .loop('a', true)
        .run(9000)
        .loop('a', false)
        .run(30_000)
        .flow('loop')
        .map((r) => r.queuePresenceS);
    };
    expect(queue(true)).toEqual([5.1, 3.9]);
    expect(queue(false)).toEqual([null, null]);
  });
  test('have no speed of the few that had one when most had none', () => {
    const station = dualStation({ atStopLine: true });
    const road = new TestRoad(siteWith(laneDefinition({ station }))).run(1000).drive();
    for (let i = 0; i < 3; i += 1) road.loop('a', true).run(500).loop('a', false).run(500);
    const interval = road.run(25_000).flow('loop')[0];
    expect(interval).toMatchObject({ count: 4, spaceMeanSpeedKmh: null, speedCount: 0, speedMethod: null });
    expect(road.of('passage')[0]?.speedKmh).toBe(54);
  });
  test('have the mean speed of those who stood in the space mean alone', () => {
    const road = new TestRoad().run(1000);
    for (let i = 0; i < 3; i += 1) road.drive();
    // It stands with its front before the exit loop: 4.5 m take its front 9 s and its rear 0.5 s.
    road.loop('a', true).run(9000).loop('b', true).run(300).loop('a', false).run(500).loop('b', false);
    const [interval] = road.run(25_000).flow('loop');
    expect(interval).toMatchObject({ count: 4, speedCount: 4, spotSpeedCount: 3, timeMeanSpeedKmh: 54 });
    expect(interval?.spaceMeanSpeedKmh).toBeCloseTo((3.6 * 4 * 4.5) / (3 * 0.3 + 4.75), 1);
    expect(road.of('passage').map(({ speedKmh }) => speedKmh)).toEqual([54, 54, 54, null]);
  });
  test('take one that stands on the exit loop into the mean when it leaves, and count it before', () => {
    const road = new TestRoad().run(10_000);
    road.loop('a', true).run(300).loop('b', true).run(200).loop('a', false).run(14_500).loop('b', false);
    const intervals = road.run(45_000).flow('loop');
    expect(intervals.map(({ count, speedCount }) => [count, speedCount])).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
    expect(intervals[1]?.spaceMeanSpeedKmh).toBeCloseTo((3.6 * 4.5) / ((0.3 + 14.5) / 2), 1);
    expect(intervals[1]?.timeMeanSpeedKmh).toBeNull();
  });
  test('of loop and camera stand beside each other, and one of them leads', () => {
    const road = new TestRoad().run(1000).drive().run(30_000);
    expect(
      road
        .of('flow')
        .filter((r) => r.widthS === 20)
        .map((r) => [r.source, r.lead]),
    ).toEqual([
      ['loop', true],
      ['camera', false],
    ]);
  });
  test('of a vehicle on the border of two intervals go to the one in which it left the loop', () => {
    const road = new TestRoad().run(19_800).loop('a', true).run(500).loop('a', false).run(30_000);
    expect(road.flow('loop').map((r) => [r.count, r.occupancyPct])).toEqual([
      [0, 1],
      [1, 1.5],
    ]);
  });
});
