import { describe, expect, test } from 'vitest';
import { TestRoad, WALL_MINUS_MONO } from '../../../test/fakes/road.ts';
import type { SensorFault } from '../observations/observation.ts';
import { createSiteState } from '../site-state.ts';

/** All entries with their moments since the start of the test. */
const entriesOf = (road: TestRoad): unknown[] =>
  road
    .of('hires')
    .flatMap(({ fromMs, entries }) =>
      entries.map(([at, code, of]) => [fromMs + at - WALL_MINUS_MONO, code, of]),
    );

const fault = (code: string, active: boolean, atMs: number): SensorFault => ({
  kind: 'sensor-fault',
  sensor: 'b',
  layer: 'channel',
  code,
  active,
  atMs,
  detail: '',
});

describe('the high-resolution log', () => {
  test('begins with the start of the agent and has each edge with the number of its detector', () => {
    const road = new TestRoad().run(1000).drive().run(5000);
    expect(entriesOf(road)).toEqual([
      [0, 184, 1],
      [1000, 82, 1],
      [1300, 82, 2],
      [1500, 81, 1],
      [1800, 81, 2],
    ]);
  });
  test('leaves out a state that was found, because nobody saw its edge', () => {
    const road = new TestRoad().loop('a', true, true).run(1000).loop('a', false).run(6000);
    expect(entriesOf(road)).toEqual([
      [0, 184, 1],
      [1000, 81, 1],
    ]);
  });
  test.each([
    ['loop-open', 86],
    ['loop-short', 87],
    ['loop-excess-change', 88],
    ['loop-watchdog', 85],
    ['loop-fault', 84],
  ])('has the fault %s as %i, and its end', (code, number) => {
    const road = new TestRoad()
      .claim(fault(code, true, 500))
      .run(3000)
      .claim(fault(code, false, 2500))
      .run(5000);
    expect(entriesOf(road)).toEqual(
      expect.arrayContaining([
        [500, number, 2],
        [2500, 83, 2],
      ]),
    );
  });
  test('has a fault that the agent itself finds', () => {
    const road = new TestRoad().run(1000).loop('a', true).run(20_000);
    expect(entriesOf(road)).toContainEqual([expect.any(Number), 84, 1]);
  });
  test('has a step of the clock with its seconds, and no record with both clocks', () => {
    const road = new TestRoad().run(1000).drive();
    road.offsetMs += 3_600_000;
    road.run(1000).drive().run(6000);
    expect(entriesOf(road)).toContainEqual([3_600_000 + 2100, 181, 3600]);
    for (const { fromMs, toMs } of road.of('hires')) expect(toMs - fromMs).toBeLessThan(6000);
  });
  test('makes a record each five seconds at the latest, none of silence, and the rest at the end', () => {
    const road = new TestRoad().run(20_000).drive().run(2000).drive().run(30_000).drive().stop();
    expect(road.of('hires').map(({ entries }) => entries.length)).toEqual([1, 8, 4]);
  });
  test('is in order of time within a record, also when a card tells one loop after the other', () => {
    const road = new TestRoad().run(6000);
    for (const [loop, occupied, atMs] of [
      ['b', true, 5300],
      ['b', false, 5700],
      ['a', true, 5000],
      ['a', false, 5400],
    ] as const) {
      road.claim({ kind: 'loop-transition', loop, occupied, atMs, uncertaintyMs: 1, found: false });
    }
    const [, log] = road.run(6000).of('hires');
    expect(log?.entries).toEqual([
      [0, 82, 1],
      [300, 82, 2],
      [400, 81, 1],
      [700, 81, 2],
    ]);
    expect(log).toMatchObject({ fromMs: WALL_MINUS_MONO + 5000, toMs: WALL_MINUS_MONO + 5700, seq: 2 });
  });
  test('holds no more than 200 entries in a record', () => {
    const road = new TestRoad();
    for (let i = 0; i < 450; i += 1) {
      const known = { kind: 'loop-transition', loop: 'a', uncertaintyMs: 1, found: false } as const;
      road.claim({ ...known, occupied: i % 2 === 0, atMs: i });
    }
    expect(
      road
        .run(100)
        .of('hires')
        .map(({ entries }) => entries.length),
    ).toEqual([200, 200, 51]);
  });

  test('tells when the run before was last heard of, and when this one began', () => {
    const road = new TestRoad();
    road.records.length = 0;
    road.state = createSiteState('next', { openFaults: [], lastStoredMs: WALL_MINUS_MONO - 90_000 });
    road.run(6000);
    expect(entriesOf(road)).toEqual([
      [-90_000, 182, 1],
      [100, 184, 1],
    ]);
  });
});
