import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { dualStation, laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { LaneDefinition } from '../site-definition.ts';

const FOOT = [50, 300] as const;
function brokenDown(): TrackPoint[] {
  const box = [30, 260, 70, 300] as const;
  return [{ track: 1, class: 'car', score: 0.6, box, foot: FOOT, groundM: null, coasting: false }];
}

function road(changes: Partial<LaneDefinition> = {}): TestRoad {
  return new TestRoad(siteWith(laneDefinition({ speedLimitKmh: 60, ...changes })));
}

/** One car at 54 km/h over both loops, while somebody watches. */
function drive(on: TestRoad, tracks: () => TrackPoint[] = () => []): TestRoad {
  on.loop('a', true).run(300, tracks).loop('b', true).run(200, tracks);
  return on.loop('a', false).run(300, tracks).loop('b', false).run(200, tracks);
}

/** A queue that creeps over both loops at 6.5 km/h: each is occupied for 5 s of 5.8 s. */
function creep(on: TestRoad, vehicles: number): TestRoad {
  const edges = Array.from({ length: vehicles }, (_, n) => on.nowMs + n * 5800).flatMap((atMs) => [
    { atMs, loop: 'a', occupied: true },
    { atMs: atMs + 2500, loop: 'b', occupied: true },
    { atMs: atMs + 5000, loop: 'a', occupied: false },
    { atMs: atMs + 7500, loop: 'b', occupied: false },
  ]);
  for (const { atMs, loop, occupied } of edges.toSorted((x, y) => x.atMs - y.atMs)) {
    if (atMs > on.nowMs) on.run(atMs - on.nowMs);
    on.loop(loop, occupied);
  }
  return on.run(100);
}

function story(on: TestRoad): readonly string[] {
  return on
    .of('incident')
    .map(
      ({ phase, incidentKind, certainty, severity }) => `${phase} ${incidentKind} ${certainty} ${severity}`,
    );
}

describe('a stopped vehicle that a camera raises', () => {
  test('is confirmed by the loop under it', () => {
    const on = road().run(1000, brokenDown).loop('a', true).run(9000, brokenDown);
    expect(story(on)).toEqual([
      'open stopped-vehicle suspected warning',
      'update stopped-vehicle confirmed warning',
    ]);
    expect(on.of('incident').at(-1)).toMatchObject({
      sensors: ['cam', 'a'],
      grounds: [
        { sensor: 'cam', source: 'camera', says: 'raises' },
        { sensor: 'a', source: 'loop', says: 'confirms' },
      ],
    });
  });

  test('is weakened by traffic that flows over the loop, and stays a suspicion', () => {
    const on = road().run(6000, brokenDown);
    for (let n = 0; n < 5; n += 1) drive(on, brokenDown);
    on.run(70_000, brokenDown);
    expect(story(on)).toEqual([
      'open stopped-vehicle suspected warning',
      'update stopped-vehicle suspected notice',
    ]);
    expect(on.of('incident').at(-1)).toMatchObject({ sensors: ['cam'] });
  });

  test('is left alone by a loop that was occupied long before', () => {
    const on = road({ faultLimits: { ...laneDefinition().faultLimits, lockedOnS: 0 } });
    on.loop('a', true).run(30_000).run(20_000, brokenDown);
    expect(story(on)).toEqual(['open stopped-vehicle suspected warning']);
  });

  test('is left alone by a loop that is not believed', () => {
    const on = road().run(6000, brokenDown);
    on.claim({
      ...{ kind: 'sensor-fault', sensor: 'a', layer: 'channel', code: 'loop-open' },
      ...{ active: true, atMs: on.nowMs, detail: 'open loop' },
    });
    on.run(1000, brokenDown).loop('a', true).run(20_000, brokenDown);
    expect(story(on)).toEqual(['open stopped-vehicle suspected warning']);
  });
});

describe('the wrong way', () => {
  const backwards = (on: TestRoad, tracks: () => TrackPoint[] = () => []): TestRoad => {
    on.loop('b', true).run(300, tracks).loop('a', true).run(200, tracks);
    return on.loop('b', false).run(300, tracks).loop('a', false).run(200, tracks);
  };

  test('over two loops needs no second opinion', () => {
    expect(story(backwards(road()))).toEqual(['open wrong-way confirmed critical']);
  });

  test('that a camera suspects is confirmed by the loops', () => {
    const on = road();
    const ghost = (): TrackPoint[] => {
      const foot = [50, 900 - on.nowMs / 10] as const;
      const box = [30, foot[1] - 40, 70, foot[1]] as const;
      return [{ track: 1, class: 'car', score: 0.6, box, foot, groundM: null, coasting: false }];
    };
    on.run(4000, ghost);
    expect(story(on)).toEqual(['open wrong-way suspected critical']);
    backwards(on, ghost);
    expect(story(on).at(-1)).toBe('update wrong-way confirmed critical');
  });
});

describe('loops alone', () => {
  test('raise a queue that creeps over them', () => {
    const on = road();
    creep(on, 25);
    expect(story(on)).toContain('open congestion suspected warning');
    on.run(60_000);
    const last = on.of('incident').findLast(({ incidentKind }) => incidentKind === 'congestion');
    expect(last).toMatchObject({ phase: 'close', closing: 'cleared' });
  });

  test('raise none where vehicles wait at the stop line', () => {
    const on = road({ station: dualStation({ atStopLine: true }) });
    creep(on, 25);
    expect(story(on)).toEqual([]);
  });

  test('raise none from one vehicle that stands on them', () => {
    expect(story(road().loop('a', true).run(60_000))).toEqual([]);
  });

  test('raise none from traffic that flows', () => {
    const on = road();
    for (let n = 0; n < 60; n += 1) drive(on);
    expect(story(on)).toEqual([]);
  });

  test('find traffic slow that does not stand', () => {
    const on = road();
    // 4.5 m in 1.0 s: 16 km/h where 60 are allowed.
    for (let n = 0; n < 30; n += 1) {
      on.loop('a', true).run(1000).loop('b', true).run(400).loop('a', false).run(1000).loop('b', false);
      on.run(2000);
    }
    expect(story(on)).toEqual(['open slow-traffic suspected notice']);
  });
});
