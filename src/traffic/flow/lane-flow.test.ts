import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { laneDefinition, singleStation } from '../../../test/fakes/site.ts';
import type { CompletedPassage } from '../passages/passage.ts';
import type { FlowInterval } from '../record.ts';
import {
  beginIntervals,
  closeIntervals,
  cutIntervals,
  flowPassage,
  flowPresence,
  flowSampling,
  type LaneFlow,
  NOTHING_OPEN,
  openLaneFlow,
} from './lane-flow.ts';
import { loopMeasure } from './measure.ts';

const TICK_MS = 100;
const WIDTHS_S = [5, 20, 60];
const OFFSET_MS = Date.UTC(2026, 0, 1);

function vehicle(frontMs: number, onTimeMs: number): CompletedPassage {
  const offMs = frontMs + onTimeMs;
  return {
    ...{
      lane: 'north-1',
      source: 'loop',
      sensor: 'a',
      direction: 'forward',
      class: null,
      counterOnly: false,
    },
    ...{ frontMs, rearMs: offMs, completedMs: offMs, onTimeMs, lengthM: null, lengthClass: null },
    ...{ speedKmh: null, speedMethod: null, speedUncertaintyPct: null, travel: null },
  };
}

/** Lets vehicles pass that each become known some time after they left, and closes all intervals in the end. */
function pass(
  vehicles: readonly { readonly passage: CompletedPassage; readonly knownMs: number }[],
  untilMs: number,
  slewAt: (nowMs: number) => number = () => 0,
): FlowInterval[] {
  const measure = loopMeasure(laneDefinition(), singleStation());
  const clockAt = (nowMs: number) => ({ nowMs, offsetMs: OFFSET_MS + slewAt(nowMs) });
  let flow: LaneFlow = openLaneFlow({ measure, sensor: 'a' }, WIDTHS_S, clockAt(0));
  const closed: FlowInterval[] = [];
  for (let nowMs = TICK_MS; nowMs <= untilMs; nowMs += TICK_MS) {
    const clock = clockAt(nowMs);
    flow = beginIntervals(flow, clock);
    for (const { passage, knownMs } of vehicles) {
      if (knownMs <= nowMs - TICK_MS || knownMs > nowMs) continue;
      flow = flowPassage(flow, passage).flow;
      const span = { fromMs: passage.frontMs, toMs: passage.completedMs };
      flow = flowPresence(flow, { ...span, fromUncertaintyMs: 0, toUncertaintyMs: 0 });
    }
    const readings = { expected: 10, received: 10, cause: null };
    const span = { fromMs: nowMs - TICK_MS, toMs: nowMs };
    flow = flowSampling(flow, { kind: 'sensor-sampling', sensor: 'card', ...span, ...readings });
    const step = closeIntervals(flow, clock, NOTHING_OPEN);
    flow = step.flow;
    closed.push(...step.closed);
  }
  return [...closed, ...cutIntervals(flow, clockAt(untilMs), NOTHING_OPEN).closed];
}

const traffic = (mostLateMs: number, longestMs = 6000) =>
  fc
    .array(
      fc.record({
        gapMs: fc.integer({ min: 50, max: 8000 }),
        onTimeMs: fc.integer({ min: 50, max: longestMs }),
        lateMs: fc.integer({ min: 0, max: mostLateMs }),
      }),
      { maxLength: 40 },
    )
    .map((list) => {
      let freeMs = 0;
      return list.map(({ gapMs, onTimeMs, lateMs }) => {
        const passage = vehicle(freeMs + gapMs, onTimeMs);
        freeMs = passage.completedMs;
        return { passage, knownMs: passage.completedMs + lateMs };
      });
    });

const endOf = (vehicles: readonly { readonly knownMs: number }[]): number =>
  Math.ceil(Math.max(0, ...vehicles.map(({ knownMs }) => knownMs)) / TICK_MS) * TICK_MS + TICK_MS;

describe('the intervals of a lane', () => {
  test('count every vehicle once in each width, in its own interval or as late', () => {
    fc.assert(
      fc.property(traffic(20_000), (vehicles) => {
        const closed = pass(vehicles, endOf(vehicles));
        for (const widthS of WIDTHS_S) {
          const own = closed.filter((interval) => interval.widthS === widthS);
          const total = own.reduce((sum, { count, lateCount }) => sum + (count ?? 0) + lateCount, 0);
          expect(total).toBe(vehicles.length);
        }
      }),
    );
  });
  test('put each vehicle that is known in time where it left the loop', () => {
    fc.assert(
      fc.property(traffic(1900), (vehicles) => {
        for (const { startMs, endMs, count, lateCount } of pass(vehicles, endOf(vehicles))) {
          const left = vehicles.filter(({ passage: { completedMs } }) => {
            const wallMs = completedMs + OFFSET_MS;
            return wallMs >= startMs && wallMs < endMs;
          });
          expect([count, lateCount]).toEqual([left.length, 0]);
        }
      }),
    );
  });
  test('share out every on-time, clipped to each of them', () => {
    fc.assert(
      fc.property(traffic(0, 1900), (vehicles) => {
        const closed = pass(vehicles, endOf(vehicles));
        const trueMs = vehicles.reduce((sum, { passage }) => sum + (passage.onTimeMs ?? 0), 0);
        for (const widthS of WIDTHS_S) {
          const own = closed.filter((interval) => interval.widthS === widthS);
          const ms = own.reduce(
            (sum, it) => sum + ((it.occupancyPct ?? 0) * (it.endMs - it.startMs)) / 100,
            0,
          );
          // occupancies are rounded to 0.01 points
          expect(Math.abs(ms - trueMs)).toBeLessThan(0.005 * own.length * widthS * 10 + 1);
        }
      }),
    );
  });
  test('follow each other without a hole and end on multiples of their width', () => {
    const closed = pass([], 185_000).filter(({ widthS }) => widthS === 60);
    expect(
      closed.map(({ startMs, endMs, partial }) => [startMs - OFFSET_MS, endMs - OFFSET_MS, partial]),
    ).toEqual([
      [0, 60_000, false],
      [60_000, 120_000, false],
      [120_000, 180_000, false],
      [180_000, 185_000, true],
    ]);
  });

  test.each([
    ['jitter', -1, 0],
    ['slew', -240, 240],
  ])('keep borders of the wall clock, which all widths share, while the two clocks %s', (_how, min, max) => {
    const shifts = fc.array(fc.double({ min, max, noNaN: true }), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(traffic(1000), shifts, (vehicles, list) => {
        const slewAt = (nowMs: number): number => list[(nowMs / TICK_MS) % list.length] ?? 0;
        const closed = pass(vehicles, Math.max(130_000, endOf(vehicles) + 5000), slewAt);
        const within = (widthS: number) =>
          closed.filter(
            (it) => it.widthS === widthS && it.endMs > OFFSET_MS + 60_000 && it.startMs < OFFSET_MS + 120_000,
          );
        const [minute, ...others] = within(60);
        expect([minute?.partial, others]).toEqual([false, []]);
        expect(within(5).map(({ startMs, endMs, partial }) => [startMs, endMs, partial])).toEqual(
          Array.from({ length: 12 }, (_, at) => {
            const startMs = OFFSET_MS + 60_000 + 5000 * at;
            return [startMs, startMs + 5000, false];
          }),
        );
        expect(within(5).reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(minute?.count);
      }),
      { numRuns: 40 },
    );
  });
});
