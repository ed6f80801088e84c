import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import {
  dualStation,
  INCIDENT_RULES,
  laneDefinition,
  singleStation,
  siteWith,
} from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { IncidentKind } from '../record.ts';
import type { LaneDefinition } from '../site-definition.ts';
import { type LaneWitness, NO_WITNESS } from './lane-witness.ts';
import { judgeWitness, sayingOf } from './witness-evidence.ts';

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

  test('is a full suspicion again when the loop that weakened it is not believed any more', () => {
    const on = road({ station: singleStation() }).run(6000, brokenDown);
    for (let n = 0; n < 5; n += 1) drive(on, brokenDown);
    on.claim({
      ...{ kind: 'sensor-fault', sensor: 'a', layer: 'channel', code: 'loop-open' },
      ...{ active: true, atMs: on.nowMs, detail: 'open loop' },
    });
    on.run(70_000, brokenDown);
    expect(story(on)).toEqual([
      'open stopped-vehicle suspected warning',
      'update stopped-vehicle suspected notice',
      'update stopped-vehicle suspected warning',
      'update stopped-vehicle confirmed warning',
    ]);
  });

  const past = (on: TestRoad, seconds: number): TestRoad => {
    on.loop('a', true)
      .run(1000 * seconds, brokenDown)
      .loop('b', true)
      .run(100, brokenDown);
    return on
      .loop('a', false)
      .run(1000 * seconds, brokenDown)
      .loop('b', false);
  };
  test.each([
    // 4.5 m in 0.3 s are 54 km/h, in 1 s 16 km/h.
    ['two vehicles', { vehicles: 2, seconds: 0.3, pauseMs: 1000 }, false],
    ['three vehicles', { vehicles: 3, seconds: 0.3, pauseMs: 1000 }, true],
    ['three that creep past it', { vehicles: 3, seconds: 1, pauseMs: 1000 }, false],
    ['three in twice half a minute', { vehicles: 3, seconds: 0.3, pauseMs: 25_000 }, false],
  ] as const)('is weakened by %s or not', (_who, { vehicles, seconds, pauseMs }, weakened) => {
    const on = road({ speedLimitKmh: 60 }).run(6000, brokenDown);
    for (let n = 0; n < vehicles; n += 1) past(on, seconds).run(pauseMs, brokenDown);
    const grounds = on.of('incident').at(-1)?.grounds ?? [];
    expect(grounds.some(({ says }) => says === 'weakens')).toBe(weakened);
  });

  test('is left alone by the loop of the lane when it stands on the shoulder', () => {
    const { definition } = road();
    const polygon = [
      [100, 0],
      [200, 0],
      [200, 1000],
      [100, 1000],
    ] as const;
    const zones = [{ zone: 'verge', kind: 'shoulder', polygon, lane: null }] as const;
    const cameras = definition.cameras.map((camera) => ({ ...camera, zones }));
    const aside = (): TrackPoint[] =>
      brokenDown().map((point) => ({ ...point, foot: [150, 300], box: [130, 260, 170, 300] }));
    const on = new TestRoad({ ...definition, cameras }).run(6000, aside);
    for (let n = 0; n < 5; n += 1) drive(on, aside);
    expect(story(on)).toEqual(['open stopped-vehicle suspected warning']);
  });

  test('is left alone by a loop that became occupied long after', () => {
    const on = road().run(20_000, brokenDown).loop('a', true).run(20_000, brokenDown);
    expect(story(on)).toEqual(['open stopped-vehicle suspected warning']);
  });

  test('is left alone by a loop that was occupied long before', () => {
    const on = road({ faultLimits: { ...laneDefinition().faultLimits, lockedOnS: 0 } });
    on.loop('a', true).run(30_000).run(20_000, brokenDown);
    expect(story(on)).toEqual(['open stopped-vehicle suspected warning']);
  });

  test('is left alone by a loop that is not believed', () => {
    const on = road().run(500, brokenDown);
    on.claim({
      ...{ kind: 'sensor-fault', sensor: 'a', layer: 'channel', code: 'loop-open' },
      ...{ active: true, atMs: on.nowMs, detail: 'open loop' },
    });
    on.run(500, brokenDown).loop('a', true).run(20_000, brokenDown);
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

  test('over two loops at a walk, by who parks or rolls back, is none; nor where the site looks for none', () => {
    const on = road();
    // The loops lie 4.5 m apart.
    on.loop('b', true).run(3000).loop('a', true).run(1000);
    on.loop('b', false).run(3000).loop('a', false).run(5000);
    expect(story(on)).toEqual([]);
    const { definition } = road();
    const wrongWay = { ...INCIDENT_RULES.wrongWay, lanes: [] };
    const off = new TestRoad({ ...definition, incidents: { ...INCIDENT_RULES, wrongWay } });
    expect(story(backwards(off))).toEqual([]);
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
    // Not slow traffic as well: one incident says it all.
    expect(story(on).filter((told) => told.startsWith('open'))).toEqual([
      'open congestion suspected warning',
    ]);
    on.run(60_000);
    const last = on.of('incident').findLast(({ incidentKind }) => incidentKind === 'congestion');
    expect(last).toMatchObject({ phase: 'close', closing: 'cleared' });
  });

  test('raise none where vehicles wait at the stop line', () => {
    const on = road({ station: dualStation({ atStopLine: true }) });
    creep(on, 25);
    expect(story(on)).toEqual([]);
  });

  test('raise none from lorries that keep the loop occupied and get on', () => {
    const on = road();
    // 4.5 m in 0.72 s are 22.5 km/h; 3 s of 4 s are 75 %.
    for (let n = 0; n < 25; n += 1) {
      on.loop('a', true)
        .run(700)
        .loop('b', true)
        .run(2300)
        .loop('a', false)
        .run(700)
        .loop('b', false)
        .run(300);
    }
    expect(story(on).filter((told) => told.includes('congestion'))).toEqual([]);
  });

  test('raise none from one vehicle that stands on them', () => {
    expect(story(road().loop('a', true).run(60_000))).toEqual([]);
  });

  test('raise none from traffic that flows', () => {
    const on = road();
    for (let n = 0; n < 60; n += 1) drive(on);
    expect(story(on)).toEqual([]);
  });

  test('say nothing about the speed of traffic from fewer than four vehicles a minute', () => {
    const on = road();
    for (let n = 0; n < 8; n += 1) {
      on.loop('a', true).run(1000).loop('b', true).run(400).loop('a', false).run(1000).loop('b', false);
      on.run(20_000);
    }
    expect(story(on)).toEqual([]);
  });

  /** 4.5 m in 1.0 s: 16 km/h where 60 are allowed. */
  const slowly = (shown: readonly TrackPoint[]) => {
    const [on, tracks] = [road(), () => [...shown]];
    for (let n = 0; n < 30; n += 1) {
      on.loop('a', true).run(1000, tracks).loop('b', true).run(400, tracks);
      on.loop('a', false).run(1000, tracks).loop('b', false).run(2000, tracks);
    }
    return new Set(on.of('incident').map(({ incidentKind }) => incidentKind));
  };

  test('find traffic slow that does not stand', () => {
    expect(slowly([])).toEqual(new Set(['slow-traffic']));
  });

  test('do not find it slow, too, where a camera shows that it stands', () => {
    const queue = [950, 850, 750, 650, 550, 450, 350, 250].map((y, track): TrackPoint => {
      const box = [30, y - 40, 70, y] as const;
      return { track, class: 'car', score: 0.6, box, foot: [50, y], groundM: null, coasting: false };
    });
    expect(slowly(queue)).toEqual(new Set(['congestion']));
  });
});

describe('what a loop says about an incident that is open', () => {
  const nowMs = 100_000;
  const drive = { sensor: 'a', source: 'loop', atMs: 95_000, speedKmh: 50, onTimeMs: 400 } as const;
  const free: LaneWitness = { ...NO_WITNESS, drives: [drive, drive, drive] };
  const occupied = (sinceMs: number): LaneWitness => ({
    ...NO_WITNESS,
    loops: new Map([['a', { sinceMs, pulses: [] }]]),
  });
  const life = { kind: 'open', sinceMs: 90_000, openedMs: 92_000, lastMs: nowMs } as const;
  const about = (incidentKind: IncidentKind, witness: LaneWitness, loop: string | null = 'a') =>
    sayingOf(
      witness,
      { incidentKind, life: { ...life, grounds: [], subjects: [], rested: [] } },
      { lane: laneDefinition(), hasStopLine: false, isCongested: false, loop, nowMs },
      INCIDENT_RULES,
    );

  test.each<readonly [IncidentKind, string | null, string | null, string | null]>([
    // Traffic that flows over it; occupied since the moment of the incident; occupied for half a minute and longer.
    ['stopped-vehicle', 'weakens', 'confirms', null],
    ['object-on-road', 'weakens', 'confirms', null],
    ['collision', 'weakens', 'confirms', null],
    ['congestion', 'weakens', null, 'confirms'],
    ['slow-traffic', 'weakens', null, null],
    ['pedestrian', null, null, null],
    ['cyclist', null, null, null],
    ['wrong-way', null, null, null],
  ])('of kind %s', (kind, whenFree, whenOccupied, whenFull) => {
    expect(about(kind, free)).toBe(whenFree);
    expect(about(kind, occupied(91_000))).toBe(whenOccupied);
    expect(about(kind, occupied(60_000))).toBe(whenFull);
    for (const witness of [free, occupied(91_000), occupied(60_000)])
      expect(about(kind, witness, null)).toBeNull();
  });
});

test('slow vehicles are no slow traffic at a stop line that a camera shows, nor in a congestion that is known', () => {
  const nowMs = 100_000;
  const drive = { sensor: 'cam', source: 'camera', atMs: 95_000, speedKmh: 10, onTimeMs: null } as const;
  const witness: LaneWitness = { ...NO_WITNESS, drives: [drive, drive, drive, drive] };
  const slowWith = (where: { hasStopLine?: boolean; isCongested?: boolean }) => {
    const lane = laneDefinition({ speedLimitKmh: 60 });
    const at = { lane, hasStopLine: false, isCongested: false, loop: null, nowMs, ...where };
    return judgeWitness(witness, at, INCIDENT_RULES).witness.slow.camera !== null;
  };
  expect(slowWith({})).toBe(true);
  expect(slowWith({ hasStopLine: true })).toBe(false);
  expect(slowWith({ isCongested: true })).toBe(false);
});
