import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../test/fakes/road.ts';
import {
  dualStation,
  laneDefinition,
  loopDefinition,
  singleLoopLane,
  singleStation,
  siteWith,
} from '../../test/fakes/site.ts';
import type { DeviceInterval } from './observations/observation.ts';
import type { Fault } from './record.ts';
import type { LoopEvidence } from './site-definition.ts';
import { createSiteState } from './site-state.ts';

const POLLED = { kind: 'polled-edges', pollMs: 10, accumulatesOccupancy: false } as const;
const ACCUMULATES = { ...POLLED, accumulatesOccupancy: true } as const;

/** A single loop `a` that tells what the evidence says, in intervals of these widths. */
function roadWith(evidence: LoopEvidence, intervalsS: readonly number[]): TestRoad {
  const station = singleStation({ entry: loopDefinition({ loop: 'a', evidence }) });
  return new TestRoad(siteWith(laneDefinition({ station }), { intervalsS }));
}
/** The card reports this loop as open, or well again. */
function report(road: TestRoad, active: boolean, loop = 'a'): TestRoad {
  const known = { kind: 'sensor-fault', layer: 'channel', code: 'loop-open', detail: '' } as const;
  return road.claim({ ...known, sensor: loop, active, atMs: road.nowMs });
}
/** As many seconds in which the loop's counter rises by one, and its occupied time by a tenth. */
function count(road: TestRoad, seconds: number): TestRoad {
  for (let second = 0; second < seconds; second += 1) {
    const known = { loop: 'a', nonVolatile: true, atMs: road.nowMs };
    road.claim({ kind: 'loop-counters', ...known, count: road.nowMs / 1000, bits: 32 }).run(1000);
  }
  return road;
}

describe('the time of a loop that is not believed', () => {
  test('is not covered, and has no count, in the narrowest interval either', () => {
    const road = roadWith(POLLED, [10]);
    expect(
      report(road, true)
        .run(35_000)
        .flow('loop', 10)
        .map((r) => [r.count, r.coveragePct]),
    ).toEqual(Array(3).fill([null, 0]));
  });
  test('is taken out once, whenever it came and the readings arrived', () => {
    const road = roadWith(POLLED, [20]).run(5500);
    report(report(road, true).run(5000), false).run(20_000);
    expect(road.flow('loop')[0]).toMatchObject({
      ...{ count: 0, coveragePct: 75, expected: 2000, received: 2000 },
      gaps: [{ cause: 'detector' }],
    });
  });
  test('is not taken from the silence before it', () => {
    const road = roadWith(POLLED, [60]);
    road.cardAlive = false;
    road.run(20_000);
    road.cardAlive = true;
    report(report(road.run(20_000), true).run(10_000), false).run(20_000);
    expect(road.flow('loop', 60)[0]?.coveragePct).toBe(50);
  });
  test('does not raise the flow of a counter', () => {
    const road = roadWith({ kind: 'counts' }, [60]);
    report(count(road, 20), true);
    report(count(road, 20), false);
    const [interval] = count(road, 30).flow('loop', 60);
    // two differences are lost with their base: 38 s of a vehicle each second
    expect(interval).toMatchObject({ flowVehH: 3600, coveragePct: expect.closeTo(65, 0) });
  });
  test('has no count from a device that goes on to make intervals', () => {
    const road = roadWith({ kind: 'intervals', periodS: 10 }, [20]);
    const unknown = { meanSpeedKmh: null, speed85Kmh: null, meanHeadwayS: null, meanGapS: null };
    const told = (toMs: number): DeviceInterval => ({
      ...{ kind: 'device-interval', loop: 'a', fromMs: toMs - 10_000, toMs, count: 0, occupancyPct: 0 },
      ...{ ...unknown, meanLengthM: null, classCounts: null },
    });
    for (let at = 0; at < 6; at += 1) {
      if (at === 2) report(road, true);
      road.run(10_000).claim(told(road.nowMs));
    }
    expect(
      road
        .run(3000)
        .flow('loop')
        .map((r) => [r.count, r.coveragePct]),
    ).toEqual([
      [0, 100],
      [null, 0],
      [null, 0],
    ]);
  });
  test('leaves no headway to the vehicle after it', () => {
    const road = roadWith(POLLED, [20]).run(1000).loop('a', true).run(300).loop('a', false);
    report(report(road.run(1000), true).run(60_000), false).run(1000);
    road.loop('a', true).run(300).loop('a', false).run(1000);
    expect(road.of('passage').map(({ headwayMs, gapMs }) => [headwayMs, gapMs])).toEqual([
      [null, null],
      [null, null],
    ]);
  });
});

describe('a fault that is recognised late', () => {
  test('takes the vehicles that were invented since with it, in every width', () => {
    const lane = singleLoopLane({ faults: { chatterPer30S: 37 } });
    const road = new TestRoad(siteWith(lane, { intervalsS: [60, 300] }));
    for (let at = 0; at < 50; at += 1) road.loop('a', true).run(500).loop('a', false).run(1500);
    for (let at = 0; at < 200; at += 1) road.loop('a', true).run(200).loop('a', false).run(200);
    road.run(130_000);
    expect(road.flow('loop', 60).map((r) => r.count)).toEqual([30, expect.any(Number), null, null, null]);
    expect(road.flow('loop', 300)).toMatchObject([
      { count: null, flowVehH: null, coveragePct: 0, gaps: [{ cause: 'detector' }] },
    ]);
  });
  test('keeps the vehicles before it, but not the occupied time that was added up since', () => {
    const station = singleStation({ entry: loopDefinition({ loop: 'a', evidence: ACCUMULATES }) });
    const lane = laneDefinition({ station, faults: { lockedOnS: 20 } });
    const road = new TestRoad(siteWith(lane, { intervalsS: [60] }));
    const add = (seconds: number, sharePct: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        occupiedMs += 10 * sharePct;
        road.run(1000);
        const known = { kind: 'loop-occupancy', loop: 'a', wrapsAtMs: 1e9, nonVolatile: true } as const;
        road.claim({ ...known, occupiedMs, atMs: road.nowMs });
      }
    };
    let occupiedMs = 0;
    road.loop('a', true).run(300).loop('a', false);
    add(19, 10);
    road.loop('a', true);
    add(50, 100);
    expect(road.flow('loop', 60)[0]).toMatchObject({ count: 1, occupancyPct: null });
    expect(road.flow('loop', 60)[0]?.coveragePct).toBeCloseTo(32, 0);
  });
});

describe('an exit loop that stands in', () => {
  const other = loopDefinition({ loop: 'b', detector: 2, device: 'other' });

  test('is measured by the readings of its own card', () => {
    const road = new TestRoad(siteWith(laneDefinition({ station: dualStation({ exit: other }) })));
    expect(
      report(road, true)
        .run(45_000)
        .flow('loop')
        .map((r) => [r.count, r.sensor]),
    ).toEqual([
      [null, 'b'],
      [null, 'b'],
    ]);
  });
  test('takes its own inventions with it when it is not believed either', () => {
    const lane = laneDefinition({ faults: { chatterPer30S: 37 } });
    const road = report(new TestRoad(siteWith(lane, { intervalsS: [300] })), true);
    for (let at = 0; at < 200; at += 1) road.loop('b', true).run(200).loop('b', false).run(200);
    expect(road.run(225_000).flow('loop', 300)).toMatchObject([{ count: null, coveragePct: 0 }]);
  });
  test('has no occupied time of the time in which it was not believed itself', () => {
    const loop = (name: string) => loopDefinition({ loop: name, evidence: ACCUMULATES });
    const station = dualStation({ entry: loop('a'), exit: loop('b') });
    const road = new TestRoad(siteWith(laneDefinition({ station }), { intervalsS: [60] }));
    const read = (occupiedMs: number): void => {
      const known = { kind: 'loop-occupancy', loop: 'b', wrapsAtMs: 1e9, nonVolatile: true } as const;
      road.claim({ ...known, occupiedMs, atMs: road.nowMs });
    };
    report(road, true).run(1000);
    read(0);
    road.run(10_000);
    read(0);
    report(road, true, 'b').run(20_000);
    report(road, false, 'b').run(1000);
    read(20_000);
    road.run(20_000);
    read(20_000);
    expect(road.run(15_000).flow('loop', 60)[0]?.occupancyPct).toBe(0);
  });
});

describe('a loop that was found locked on by the run before', () => {
  const restarted = (): TestRoad => {
    const road = new TestRoad(siteWith(singleLoopLane({ faults: { lockedOnS: 10 } })));
    const locked: Fault = {
      ...{ fault: 'test-site/old/1', phase: 'open', layer: 'channel', sensor: 'a', code: 'locked-on' },
      ...{ detail: '', lanes: ['north-1'], openedAtMs: 0, closedAtMs: null },
    };
    road.state = createSiteState('next', { openFaults: [locked], lastStoredMs: null });
    return road.run(1000);
  };
  test('is believed as soon as it is found free', () => {
    const road = restarted().loop('a', false, true).run(100);
    expect(road.of('fault').map(({ phase }) => phase)).toEqual(['close']);
  });
  test('is not believed while it is found occupied', () => {
    expect(restarted().loop('a', true, true).run(30_000).of('fault')).toEqual([]);
  });
});
