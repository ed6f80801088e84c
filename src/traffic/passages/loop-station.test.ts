import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dualStation, laneDefinition, singleStation } from '../../../test/fakes/site.ts';
import type { LoopTransition } from '../observations/observation.ts';
import {
  EMPTY_STATION,
  foldStationCounter,
  foldTransition,
  type Station,
  type StationState,
  settleStation,
} from './loop-station.ts';
import type { CompletedPassage } from './passage.ts';

const { classScheme } = laneDefinition();
const dual: Station = { lane: 'north-1', definition: dualStation(), classScheme, use: 'pair' };
const single: Station = { lane: 'north-1', definition: singleStation(), classScheme, use: 'entry' };

/** `a+100` = loop a occupied at 100 ms, `b-250` = loop b free; a trailing `?` marks a state found at start. */
function parse(script: string, uncertaintyMs = 5): LoopTransition[] {
  return script.split(' ').map((step) => {
    const [, loop = '', sign, at, found] = /^(\w)([+-])([\d.]+)(\??)$/.exec(step) ?? [];
    const known = { kind: 'loop-transition', loop, occupied: sign === '+', atMs: Number(at) } as const;
    return { ...known, uncertaintyMs, found: found === '?' };
  });
}

/**
 * Folds edges in the order in which they are given; vehicles are made after each of them, knowing that all
 * edges until `knownAt` have come.
 */
function drive(
  station: Station,
  edges: string | readonly LoopTransition[],
  untilMs = 100_000,
  knownAt: (edge: LoopTransition) => number = ({ atMs }) => atMs,
): CompletedPassage[] {
  let state: StationState = EMPTY_STATION;
  const passages: CompletedPassage[] = [];
  const settle = (knownToMs: number): void => {
    const settled = settleStation(station, state, knownToMs);
    state = settled.state;
    passages.push(...settled.passages);
  };
  for (const edge of typeof edges === 'string' ? parse(edges) : edges) {
    const fold = foldTransition(station, state, edge);
    state = fold.state;
    passages.push(...fold.passages);
    settle(knownAt(edge));
  }
  settle(untilMs);
  return passages;
}

describe('a dual-loop station', () => {
  test('makes one passage with speed and length of one vehicle', () => {
    // 15 m/s: 4.5 m in 300 ms; on-time 440 ms = (4.6 m + 2 m) / 15 m/s
    const [passage, ...others] = drive(dual, 'a+1000 b+1300 a-1440 b-1740');
    expect(others).toEqual([]);
    expect(passage).toMatchObject({
      direction: 'forward',
      frontMs: 1000,
      rearMs: 1440,
      completedMs: 1440,
      onTimeMs: 440,
    });
    expect(passage?.speedKmh).toBeCloseTo(54, 1);
    expect(passage?.lengthM).toBeCloseTo(4.6, 2);
  });
  test('pairs vehicles in order when a second one enters before the first has left', () => {
    const passages = drive(dual, 'a+1000 b+1500 a-1600 a+2000 b-2100 b+2500 a-2600 b-3100');
    expect(passages.map((p) => [p.direction, p.frontMs, p.completedMs])).toEqual([
      ['forward', 1000, 1600],
      ['forward', 2000, 2600],
    ]);
  });
  test('sees a vehicle that meets the exit loop first as driving the wrong way', () => {
    const [passage, ...others] = drive(dual, 'b+1000 a+1300 b-1440 a-1740');
    expect(others).toEqual([]);
    expect(passage).toMatchObject({ direction: 'reverse', frontMs: 1300 });
    expect(passage?.speedKmh).toBeCloseTo(54, 1);
  });
  test('does not mistake a vehicle after an unseen one for the wrong way', () => {
    // the entry loop missed the first vehicle; the second comes after the first has left the exit loop
    const passages = drive(dual, 'b+1000 b-1440 a+3000 b+3300 a-3440 b-3740');
    expect(passages.map((p) => [p.direction, p.frontMs])).toEqual([['forward', 3000]]);
  });
  test('counts a vehicle that never reached the exit loop, without a speed', () => {
    expect(drive(dual, 'a+1000 a-1400')).toMatchObject([
      { direction: 'forward', speedKmh: null, onTimeMs: 400 },
    ]);
  });
  test('counts a vehicle found standing on both loops at start, without on-time or speed', () => {
    expect(drive(dual, 'a+0? b+0? a-500 b-900')).toMatchObject([
      { direction: 'forward', onTimeMs: null, speedKmh: null },
    ]);
  });
  test('publishes no speed that polling is too coarse to carry', () => {
    // 4.5 m in 15 ms against edges that are each 5 ms uncertain
    expect(drive(dual, 'a+1000 b+1015 a-1040 b-1055')).toMatchObject([{ speedKmh: null }]);
  });
});

describe('pairing of edges', () => {
  const seen = (passages: readonly CompletedPassage[]): unknown[] =>
    passages.map((p) => [p.direction, p.frontMs, p.speedKmh === null ? null : Math.round(p.speedKmh)]);

  test.each([
    [
      'a vehicle that left the lane before the exit loop',
      'a+0 a-440 a+2000 b+2300 a-2440 b-2740',
      [
        [0, null],
        [2000, 54],
      ],
    ],
    [
      'a vehicle that came into the lane behind the entry loop',
      'b+300 b-740 a+2000 b+2300 a-2440 b-2740',
      [[2000, 54]],
    ],
    [
      'a follower whose leader was missed by the entry loop',
      'b+500 a+1000 b-1100 b+1500 a-1600 b-2100',
      [[1000, 32]],
    ],
    [
      'a follower whose leader was missed by the exit loop',
      'a+0 a-600 a+700 b+1200 a-1300 b-1800',
      [
        [0, null],
        [700, 32],
      ],
    ],
    ['a vehicle that stops on both loops', 'a+0 b+1500 a-20000 b-21000', [[0, null]]],
    [
      'a vehicle that stands on the exit loop while the next one enters',
      'a+0 b+300 a-440 a+8000 b-30000 b+31000 a-31500 b-32000',
      [
        [0, null],
        [8000, null],
      ],
    ],
    [
      'a motorcycle behind a vehicle that stands on the exit loop',
      'a+0 b+300 a-440 a+4000 b-61000 a-61500 b+62000 b-62300',
      [
        [0, null],
        [4000, null],
      ],
    ],
    [
      'a vehicle that rolls back from the exit loop and goes on',
      'a+0 b+3000 b-5000 b+7000 a-10000 b-12000',
      [[0, null]],
    ],
    ['an output of the exit loop that flickers', 'a+0 b+300 b-400 b+410 a-440 b-740', [[0, null]]],
    ['a short vehicle that is between the loops for a moment', 'a+0 a-155 b+200 b-355', [[0, 81]]],
    [
      'two short vehicles between the loops',
      'a+0 a-310 a+350 b+400 a-660 b-710 b+750 b-1060',
      [
        [0, 41],
        [350, 41],
      ],
    ],
  ] as const)('%s', (_, script, expected) => {
    expect(seen(drive(dual, script))).toEqual(expected.map(([front, speed]) => ['forward', front, speed]));
  });

  test('a wrong-way vehicle is recognised when its edges come late and in any order of the loops', () => {
    const inOrder = 'b+1000 a+1300 b-1440 a-1740';
    const batch = 'b+1000 b-1440 a+1300 a-1740';
    const told = drive(dual, batch, 100_000, () => 0);
    expect(seen(told)).toEqual([['reverse', 1300, 54]]);
    expect(told).toEqual(drive(dual, inOrder));
  });
  test('no wrong way is claimed of a vehicle that stood on the loops', () => {
    expect(seen(drive(dual, 'b+1000 a+1300 b-9000 a-30000'))).toEqual([['forward', 1300, null]]);
  });
  test('nor of edges that are too uncertain to tell the order', () => {
    const edges = parse('b+1000 a+1060 b-1440 a-1500', 50);
    expect(seen(drive(dual, edges))).toEqual([['forward', 1060, null]]);
    expect(seen(drive(dual, parse('b+1000 a+1060 b-1440 a-1500', 5)))).toEqual([['reverse', 1060, null]]);
  });

  const vehicles = fc.array(
    fc.record({
      gapMs: fc.integer({ min: 400, max: 6000 }),
      speedMs: fc.integer({ min: 3, max: 40 }),
      lengthM: fc.integer({ min: 30, max: 180 }).map((dm) => dm / 10),
      leavesLane: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  );
  interface Edge {
    readonly transition: LoopTransition;
  }
  /** Vehicles that follow each other over both loops at their own speeds, and never overtake. */
  const cross = (
    list: readonly (typeof vehicles extends fc.Arbitrary<(infer V)[]> ? V : never)[],
  ): Edge[] => {
    const edges: Edge[] = [];
    const free = { a: 0, b: 0 };
    for (const { gapMs, speedMs, lengthM, leavesLane } of list) {
      const onMs = ((lengthM + 2) / speedMs) * 1000;
      const travelMs = (4.5 / speedMs) * 1000;
      const frontMs = Math.max(free.a + gapMs, free.b + gapMs - travelMs);
      const pulse = (loop: 'a' | 'b', fromMs: number): void => {
        const known = { kind: 'loop-transition', loop, uncertaintyMs: 1, found: false } as const;
        edges.push({ transition: { ...known, occupied: true, atMs: fromMs } });
        edges.push({ transition: { ...known, occupied: false, atMs: fromMs + onMs } });
        free[loop] = fromMs + onMs;
      };
      pulse('a', frontMs);
      if (!leavesLane) pulse('b', frontMs + travelMs);
    }
    return edges;
  };

  test('every vehicle over the entry loop is one passage, with its own speed and length', () => {
    fc.assert(
      fc.property(vehicles, (list) => {
        const edges = cross(list).map(({ transition }) => transition);
        const passages = drive(
          dual,
          edges.toSorted((x, y) => x.atMs - y.atMs),
          1e7,
        );
        expect(passages.map((p) => p.direction)).toEqual(list.map(() => 'forward'));
        list.forEach(({ speedMs, lengthM, leavesLane }, index) => {
          const passage = passages[index];
          if (leavesLane) expect(passage?.speedKmh).toBeNull();
          if (leavesLane || passage?.speedKmh === null) return;
          expect(passage?.speedKmh).toBeCloseTo(speedMs * 3.6, 6);
          expect(passage?.lengthM).toBeCloseTo(lengthM, 6);
        });
      }),
    );
  });
  test('a card that is asked once in a while tells the same as one that is watched', () => {
    fc.assert(
      fc.property(vehicles, fc.integer({ min: 100, max: 5000 }), (list, everyMs) => {
        const edges = cross(list).map(({ transition }) => transition);
        const watched = drive(
          dual,
          edges.toSorted((x, y) => x.atMs - y.atMs),
          1e7,
        );
        // each poll tells all edges of one loop before those of the other
        const poll = ({ atMs }: LoopTransition): number => Math.ceil(atMs / everyMs);
        const told = edges.toSorted(
          (x, y) => poll(x) - poll(y) || y.loop.localeCompare(x.loop) || x.atMs - y.atMs,
        );
        expect(drive(dual, told, 1e7, (edge) => (poll(edge) - 1) * everyMs)).toEqual(watched);
      }),
    );
  });
  test('random edges never make more passages than the entry loop has pulses, nor keep them', () => {
    const edge = fc.record({ loop: fc.constantFrom('a', 'b'), waitMs: fc.integer({ min: 0, max: 4000 }) });
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 200 }), (list) => {
        const occupied = { a: false, b: false };
        let atMs = 0;
        const edges = list.map(({ loop, waitMs }): LoopTransition => {
          atMs += waitMs;
          const name = loop === 'a' ? 'a' : 'b';
          occupied[name] = !occupied[name];
          const known = { kind: 'loop-transition', loop, uncertaintyMs: 5, found: false } as const;
          return { ...known, occupied: occupied[name], atMs };
        });
        const ended = edges.filter(({ loop, occupied: on }) => loop === 'a' && !on).length;
        expect(drive(dual, edges, 1e9)).toHaveLength(ended);
      }),
    );
  });
});

describe('a single-loop station', () => {
  test('makes one passage of one pulse and no speed', () => {
    expect(drive(single, 'a+1000 a-1400')).toMatchObject([
      { onTimeMs: 400, speedKmh: null, completedMs: 1400 },
    ]);
  });
  test('ignores a state that is only repeated', () => {
    expect(drive(single, 'a+1000 a+1100 a-1400 a-1500')).toHaveLength(1);
  });
  test('adds the vehicles that only the counter knows, marked as such', () => {
    let state: StationState = EMPTY_STATION;
    const passages: CompletedPassage[] = [];
    for (const [count, atMs] of [
      [5, 0],
      [7, 1000],
      [7, 2000],
      [7, 3000],
    ] as const) {
      const fold = foldStationCounter(single, state, {
        kind: 'loop-counters',
        loop: 'a',
        count,
        bits: 32,
        nonVolatile: true,
        atMs,
      });
      state = fold.state;
      passages.push(...fold.passages);
    }
    expect(passages).toHaveLength(2);
    expect(passages[0]).toMatchObject({ counterOnly: true, speedKmh: null, onTimeMs: null });
  });
});
