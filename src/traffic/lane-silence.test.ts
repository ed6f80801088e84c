import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../test/fakes/road.ts';
import { seededRandom } from '../../test/fakes/seeded-random.ts';
import {
  laneDefinition,
  loopDefinition,
  singleLoopLane,
  singleStation,
  siteWith,
} from '../../test/fakes/site.ts';
import type { Observation } from './observations/observation.ts';
import type { FlowRecord } from './record.ts';
import { foldSite } from './site.ts';
import { createSiteState } from './site-state.ts';

const POLL_MS = 10;

describe('a vehicle on a loop whose card falls silent', () => {
  const silentFor = (forMs: number): TestRoad => {
    const road = new TestRoad(siteWith(singleLoopLane(), { intervalsS: [60] }));
    road.run(10_000).loop('a', true).run(2000);
    road.cardAlive = false;
    road.run(forMs);
    road.cardAlive = true;
    return road;
  };
  test('occupies it as long as that was read, though it seems to stand there afterwards', () => {
    const road = silentFor(26_000).loop('a', true, true).run(2000).loop('a', false).run(25_000);
    expect(road.flow('loop', 60)).toMatchObject([{ count: 1, occupancyPct: 11.76 }]);
    expect(road.of('passage')).toMatchObject([{ onTimeMs: null }]);
  });
  test('occupies it until the last reading when it has gone', () => {
    const road = silentFor(26_000).loop('a', false, true).run(27_000);
    expect(road.flow('loop', 60)).toMatchObject([{ count: 1, occupancyPct: 5.88 }]);
  });
});

test('vehicles that a card counts and does not tell are in the count, and not in the estimated speed', () => {
  const entry = loopDefinition({
    loop: 'a',
    evidence: { kind: 'stamped-edges', resolutionMs: 1 },
    latencyMs: 6200,
  });
  const lane = laneDefinition({ station: singleStation({ entry }) });
  const road = new TestRoad(siteWith(lane, { intervalsS: [60] }));
  // each 2 s a vehicle with an effective length of 6.7 m at 54 km/h; the card is asked each 6 s and tells the last
  for (let at = 0; at < 13; at += 1) {
    road.run(6000);
    const edge = { kind: 'loop-transition', loop: 'a', uncertaintyMs: 0.5, found: false } as const;
    road.claim({ ...edge, occupied: true, atMs: road.nowMs - 1000 });
    road.claim({ ...edge, occupied: false, atMs: road.nowMs - 1000 + 447 });
    const counter = { kind: 'loop-counters', loop: 'a', bits: 8, nonVolatile: false } as const;
    road.claim({ ...counter, count: (240 + 3 * at) % 256, atMs: road.nowMs });
  }
  const [interval] = road.flow('loop', 60);
  // the counter is known from the first answer on
  expect(interval).toMatchObject({ count: 28, counterOnlyCount: 18, coveragePct: 100, meanHeadwayS: null });
  expect(interval?.spaceMeanSpeedKmh).toBeCloseTo(54, 0);
  const { occupancyPct, occupancyUncertaintyPct } = interval ?? {};
  expect(occupancyPct).toBeCloseTo(7.45, 1);
  expect(28 * 0.745 - (occupancyPct ?? 0)).toBeLessThan((occupancyUncertaintyPct ?? 0) + 0.01);
});

/** Vehicles over one loop, polled; some of the readings are lost, each by itself. */
function pollLossily(of: { readonly seed: number; readonly lossShare: number }): {
  readonly flow: FlowRecord | undefined;
  readonly truth: { readonly count: number; readonly occupancyPct: number };
} {
  const random = seededRandom(of.seed);
  const definition = siteWith(singleLoopLane(), { intervalsS: [60], cameras: [] });
  const flows: FlowRecord[] = [];
  let state = createSiteState('boot');
  let known: boolean | null = null;
  let before = 0;
  let received = 0;
  let vehicle = { onMs: 500, offMs: 900 };
  const truth = { count: 0, occupiedMs: 0 };
  let observations: Observation[] = [];
  for (let nowMs = 0; nowMs <= 63_000; nowMs += POLL_MS) {
    if (nowMs >= vehicle.offMs) {
      if (nowMs < 60_000) truth.count += 1;
      const nextMs = nowMs + 600 + random.exponential(1500);
      // nobody is on the loop when the interval ends: which one such a vehicle belongs to is not the question here
      const onMs = nextMs > 57_000 ? 61_000 + nowMs : nextMs;
      vehicle = { onMs, offMs: onMs + 250 + random.exponential(300) };
    }
    const occupied = nowMs >= vehicle.onMs;
    if (occupied && nowMs < 60_000) truth.occupiedMs += POLL_MS;
    if (random.share() < of.lossShare) known = null;
    else {
      received += 1;
      if (known !== occupied) {
        const found = known === null;
        const atMs = found ? nowMs : (nowMs + before) / 2;
        const uncertaintyMs = (nowMs - (found ? nowMs : before)) / 2;
        observations.push({ kind: 'loop-transition', loop: 'a', occupied, atMs, uncertaintyMs, found });
      }
      [known, before] = [occupied, nowMs];
    }
    if (nowMs % 1000 === 0 && nowMs > 0) {
      const span = { fromMs: nowMs - 1000, toMs: nowMs, expected: 100, received, cause: 'bus' } as const;
      observations.push({ kind: 'sensor-sampling', sensor: 'card', ...span });
      received = 0;
    }
    if (nowMs % 100 !== 0) continue;
    const fold = foldSite(definition, state, observations, {
      monoMs: nowMs,
      wallMs: nowMs,
      quality: 'synced',
    });
    state = fold.state;
    observations = [];
    for (const record of fold.records) if (record.stream === 'flow') flows.push(record);
  }
  return { flow: flows[0], truth: { count: truth.count, occupancyPct: truth.occupiedMs / 600 } };
}

test('readings that are lost here and there lower the coverage, and neither count, flow nor occupancy', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(0, 0.05, 0.2), (seed, lossShare) => {
      const { flow, truth } = pollLossily({ seed, lossShare });
      expect(flow).toMatchObject({ count: truth.count, flowVehH: 60 * truth.count, gaps: [] });
      expect(flow?.coveragePct).toBeCloseTo(100 * (1 - lossShare), -1);
      const offPct = Math.abs((flow?.occupancyPct ?? 0) - truth.occupancyPct);
      expect(offPct).toBeLessThan((flow?.occupancyUncertaintyPct ?? 0) + 0.1);
      expect(offPct).toBeLessThan(1);
    }),
    { numRuns: 25 },
  );
});
