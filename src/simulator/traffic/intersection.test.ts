import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIntersection } from './intersection.ts';
import { EAST_LANES, LOOP_LENGTH_M, LOOP_SPACING_M, NORTH_LANES } from './lane-plan.ts';
import { knownAtMs, type LoopChange, type RoadChange, type TruePassage } from './road-change.ts';
import { EAST_SIGNAL, NORTH_CYCLE_MS } from './scenario.ts';
import { aspectAt } from './signal.ts';

const ALL_LANES = [...NORTH_LANES, ...EAST_LANES];
const NORTH_LOOPS = new Set(NORTH_LANES.flatMap(({ loops }) => loops.map(({ loop }) => loop)));

function changesUntil(toMs: number, seed = 7): readonly RoadChange[] {
  return createIntersection({ seed }).advance(toMs);
}

function isNorth(change: RoadChange): boolean {
  return change.kind === 'loop' ? NORTH_LOOPS.has(change.loop) : change.lane.startsWith('north');
}

function passages(changes: readonly RoadChange[], lane: string): TruePassage[] {
  return changes.filter((change) => change.kind === 'passage').filter((passage) => passage.lane === lane);
}

function edges(changes: readonly RoadChange[], loop: string): LoopChange[] {
  return changes.filter((change) => change.kind === 'loop').filter((edge) => edge.loop === loop);
}

describe('the virtual intersection', () => {
  test('the same seed gives the same changes, however the time is cut into calls', () => {
    const wholeMs = 120_000;
    const whole = changesUntil(wholeMs, 3);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: wholeMs * 100 }), { maxLength: 60 }), (cuts) => {
        const intersection = createIntersection({ seed: 3 });
        const times = [...cuts.map((cut) => cut / 100), wholeMs].toSorted((left, right) => left - right);
        const pieces = times.flatMap((toMs) => {
          const piece = intersection.advance(toMs);
          expect(piece.every((change) => knownAtMs(change) <= toMs)).toBe(true);
          return piece;
        });
        expect(pieces).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  test('changes come in the order in which they become known', () => {
    const times = changesUntil(300_000).map(knownAtMs);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
  });

  test('another seed changes east and leaves north as the clip shows it', () => {
    const one = changesUntil(200_000, 1);
    const other = changesUntil(200_000, 2);
    expect(other.filter(isNorth)).toEqual(one.filter(isNorth));
    expect(other.filter((change) => !isNorth(change))).not.toEqual(one.filter((change) => !isNorth(change)));
  });

  test('each loop goes on and off in turn, and each passage crosses both loops of its lane', () => {
    const changes = changesUntil(600_000);
    for (const { lane, loops } of ALL_LANES) {
      const crossed = passages(changes, lane);
      expect(crossed.length).toBeGreaterThan(20);
      for (const { loop } of loops) {
        const states = edges(changes, loop).map(({ occupied }) => occupied);
        expect(states).toEqual(states.map((_, index) => index % 2 === 0));
        const rises = states.filter(Boolean).length;
        expect(rises - crossed.length).toBeGreaterThanOrEqual(0);
        expect(rises - crossed.length).toBeLessThanOrEqual(2);
      }
    }
  });

  test('no vehicle ever stands or drives closer to its leader than a loop is long', () => {
    const intersection = createIntersection({ seed: 11 });
    for (let toMs = 0; toMs <= 400_000; toMs += 200) {
      intersection.advance(toMs);
      for (const { lane } of ALL_LANES) {
        const column = intersection
          .vehicles()
          .filter((vehicle) => vehicle.lane === lane && vehicle.direction === 'forward')
          .toSorted((left, right) => right.frontM - left.frontM);
        for (const [index, vehicle] of column.slice(1).entries()) {
          const leader = column[index];
          const gapM = leader === undefined ? Infinity : leader.frontM - leader.lengthM - vehicle.frontM;
          expect(gapM).toBeGreaterThan(LOOP_LENGTH_M + 0.5);
        }
      }
    }
  });
});

describe('the north approach', () => {
  const cycle = changesUntil(NORTH_CYCLE_MS).filter(isNorth);

  test('it repeats every cycle', () => {
    const second = changesUntil(2 * NORTH_CYCLE_MS)
      .filter(isNorth)
      .slice(cycle.length);
    const shifted = second.map((change) => ({ ...change, atMs: change.atMs - NORTH_CYCLE_MS }));
    expect(shifted.length).toBe(cycle.length);
    for (const [index, change] of shifted.entries()) {
      expect(change.kind).toBe(cycle[index]?.kind);
      expect(change.atMs).toBeCloseTo(cycle[index]?.atMs ?? Number.NaN, 2);
    }
  });

  test('a cycle begins and ends with an empty road', () => {
    const intersection = createIntersection({ seed: 7 });
    intersection.advance(NORTH_CYCLE_MS);
    expect(intersection.vehicles().filter(({ lane }) => lane.startsWith('north'))).toEqual([]);
    for (const loop of NORTH_LOOPS) expect(edges(cycle, loop).at(-1)?.occupied).toBe(false);
  });

  test.each(NORTH_LANES)('$lane carries 10 to 14 vehicles', ({ lane }) => {
    const count = passages(cycle, lane).length;
    expect(count).toBeGreaterThanOrEqual(10);
    expect(count).toBeLessThanOrEqual(14);
  });

  test('the times of the two loops give back speed and length of every vehicle that drives steadily', () => {
    for (const { lane, loops } of NORTH_LANES) {
      const [entry, exit] = loops.map(({ loop }) => edges(cycle, loop));
      for (const { direction, atMs, speedKmh, lengthM } of passages(cycle, lane)) {
        if (direction === 'reverse' || speedKmh < 30) continue;
        const on = entry?.findIndex((edge) => edge.atMs === atMs) ?? -1;
        const entryMs = entry?.[on]?.atMs ?? Number.NaN;
        const exitMs = exit?.[on]?.atMs ?? Number.NaN;
        const measuredMs = LOOP_SPACING_M / ((exitMs - entryMs) / 1000);
        const onTimeMs = (entry?.[on + 1]?.atMs ?? Number.NaN) - entryMs;
        expect((measuredMs * 3.6) / speedKmh).toBeGreaterThan(0.95);
        expect((measuredMs * 3.6) / speedKmh).toBeLessThan(1.05);
        expect(Math.abs((measuredMs * onTimeMs) / 1000 - LOOP_LENGTH_M - lengthM)).toBeLessThan(0.5);
      }
    }
  });

  test('a car halts in lane 3 for about 14 s, off the loops, and then drives on', () => {
    const marks = cycle.filter((change) => change.kind === 'script' && change.script === 'stopped-vehicle');
    const [start, end] = marks.map(({ atMs }) => atMs);
    if (start === undefined || end === undefined) throw new Error('the script did not run');
    expect(start).toBeGreaterThan(11_000);
    expect(end - start).toBeGreaterThan(12_000);
    const intersection = createIntersection({ seed: 7 });
    for (let toMs = start + 20; toMs <= end - 20; toMs += 500) {
      intersection.advance(toMs);
      const standing = intersection.vehicles().filter(({ lane }) => lane === 'north-3')[0];
      expect(standing?.speedKmh).toBe(0);
    }
    for (const loop of ['n3a', 'n3b']) expect(edges(cycle, loop)[0]?.atMs).toBeGreaterThan(end);
  });

  test('a car drives lane 1 the wrong way: exit loop before entry loop, and nobody comes towards it', () => {
    const [start, end] = cycle
      .filter((change) => change.kind === 'script' && change.script === 'wrong-way')
      .map(({ atMs }) => atMs);
    if (start === undefined || end === undefined) throw new Error('the script did not run');
    const inScript = cycle.filter(({ atMs }) => atMs >= start && atMs <= end);
    const rises = [...edges(inScript, 'n1a'), ...edges(inScript, 'n1b')]
      .filter(({ occupied }) => occupied)
      .toSorted((left, right) => left.atMs - right.atMs);
    expect(rises.map(({ loop }) => loop)).toEqual(['n1b', 'n1a']);
    expect(passages(inScript, 'north-1').map(({ direction }) => direction)).toEqual(['reverse']);
    const intersection = createIntersection({ seed: 7 });
    for (let toMs = start - 1000; toMs <= end + 5000; toMs += 250) {
      intersection.advance(toMs);
      const inLane = intersection.vehicles().filter(({ lane }) => lane === 'north-1');
      expect(inLane.map(({ direction }) => direction)).toEqual(['reverse']);
    }
  });
});

describe('the east approach', () => {
  test('in every red a vehicle stands on the loops', () => {
    const changes = changesUntil(600_000);
    for (const loop of ['e1a', 'e1b', 'e2a', 'e2b']) {
      const ofLoop = edges(changes, loop);
      const onTimesMs = ofLoop
        .filter(({ occupied }) => !occupied)
        .map((off) => off.atMs - (ofLoop[ofLoop.indexOf(off) - 1]?.atMs ?? 0));
      expect(onTimesMs.filter((onTimeMs) => onTimeMs > 10_000).length).toBeGreaterThanOrEqual(4);
    }
  });

  test('nobody crosses the stop line on red', () => {
    const intersection = createIntersection({ seed: 5 });
    const fronts = new Map<string, number>();
    for (let toMs = 0; toMs <= 600_000; toMs += 100) {
      intersection.advance(toMs);
      for (const { lane, id, frontM } of intersection.vehicles()) {
        const stopLineM = EAST_LANES.find((plan) => plan.lane === lane)?.stopLineM ?? Infinity;
        const before = fronts.get(`${lane}/${id}`) ?? 0;
        fronts.set(`${lane}/${id}`, frontM);
        if (before < stopLineM && frontM >= stopLineM) {
          expect(aspectAt(EAST_SIGNAL, toMs - 100)).not.toBe('red');
        }
      }
    }
  });
});
