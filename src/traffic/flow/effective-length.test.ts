import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flowRecord } from '../../../test/fakes/records.ts';
import { laneDefinition, singleLoopLane, singleStation } from '../../../test/fakes/site.ts';
import type { FlowInterval } from '../record.ts';
import {
  type EffectiveLength,
  estimateSpeed,
  initialEffectiveLength,
  learnEffectiveLength,
} from './effective-length.ts';

const lane = singleLoopLane({ speedLimitKmh: 60 });
const begun = initialEffectiveLength(singleStation({ effectiveLengthM: 6.7 }));

/** An interval of 60 s with vehicles of this effective length at this speed, as the loop measures it. */
function loopInterval(of: {
  readonly count: number;
  readonly speedKmh: number;
  readonly lengthM: number;
  readonly tellsSpeed?: boolean;
}): FlowInterval {
  const { count, speedKmh, lengthM, tellsSpeed = false } = of;
  const flowVehH = count * 60;
  const occupancyPct = (flowVehH * lengthM) / (10 * speedKmh);
  const speed = tellsSpeed
    ? ({ spaceMeanSpeedKmh: speedKmh, speedMethod: 'dual-loop' } as const)
    : { spaceMeanSpeedKmh: null, speedMethod: null };
  return { ...flowRecord({ seq: 1 }), count, flowVehH, occupancyPct, ...speed, coveragePct: 100 };
}

function learnFrom(
  intervals: readonly FlowInterval[],
  camera: FlowInterval | null = null,
  of = lane,
): EffectiveLength {
  return intervals.reduce((state, loop) => learnEffectiveLength(state, loop, camera, of), begun);
}

describe('the effective length of a lane', () => {
  const slow = Array(200).fill(loopInterval({ count: 8, speedKmh: 30, lengthM: 8 }));

  test('is learned in free flow at the speed limit', () => {
    const free = Array(200).fill(loopInterval({ count: 3, speedKmh: 60, lengthM: 8 }));
    expect(learnFrom(free)).toMatchObject({ basis: 'free-flow', lengthM: expect.closeTo(8, 3) });
  });
  test('is not learned in congestion, whatever share of the day that is', () => {
    const congested = Array(2000).fill(loopInterval({ count: 15, speedKmh: 20, lengthM: 8 }));
    expect(learnFrom(congested)).toMatchObject({ basis: 'configured', lengthM: 6.7 });
  });
  test('is not learned from a mean speed in which vehicles stood', () => {
    const own = {
      ...loopInterval({ count: 10, speedKmh: 30, lengthM: 8, tellsSpeed: true }),
      speedCount: 10,
    };
    expect(learnFrom([{ ...own, spotSpeedCount: 9 }]).basis).toBe('measured');
    expect(learnFrom([{ ...own, spotSpeedCount: 8 }]).basis).toBe('configured');
  });
  test('is not learned from vehicles that wait at a stop line', () => {
    const station = singleStation({ atStopLine: true });
    const free = Array(200).fill(loopInterval({ count: 3, speedKmh: 60, lengthM: 8 }));
    expect(learnFrom(free, null, laneDefinition({ station })).basis).toBe('configured');
  });
  test('is learned from a camera that sees the lane, and better from the lane itself', () => {
    const camera = { ...loopInterval({ count: 8, speedKmh: 30, lengthM: 8 }), spaceMeanSpeedKmh: 33 };
    const byCamera = learnFrom(slow, camera);
    expect(byCamera).toMatchObject({ basis: 'camera', lengthM: expect.closeTo(8.8, 3) });
    const own = loopInterval({ count: 8, speedKmh: 30, lengthM: 8, tellsSpeed: true });
    const byItself = learnEffectiveLength(byCamera, own, camera, lane);
    expect(byItself).toMatchObject({ basis: 'measured', vehicles: 8, lengthM: expect.closeTo(8, 6) });
    expect(learnEffectiveLength(byItself, slow[0], camera, lane)).toMatchObject({
      basis: 'measured',
      vehicles: 8,
    });
  });
  test('follows the traffic and stays between a motorcycle and a lorry', () => {
    const own = (lengthM: number): FlowInterval[] =>
      Array(300).fill(loopInterval({ count: 8, speedKmh: 40, lengthM, tellsSpeed: true }));
    expect(learnFrom([...own(6), ...own(9)]).lengthM).toBeCloseTo(9, 3);
    expect(learnFrom(own(60)).lengthM).toBe(22);
    expect(learnFrom(own(0.5)).lengthM).toBe(3);
  });
  test('learns nothing from vehicles that were counted and not seen, unless the card timed them too', () => {
    const own = loopInterval({ count: 8, speedKmh: 30, lengthM: 8, tellsSpeed: true });
    const unseen = { ...own, counterOnlyCount: 2, occupancyMethod: 'edges' } as const;
    expect(learnFrom([unseen])).toEqual(begun);
    expect(learnFrom([{ ...unseen, occupancyMethod: 'accumulated' }]).basis).toBe('measured');
  });
  test('learns nothing from an interval that was not measured', () => {
    const poor = {
      ...loopInterval({ count: 8, speedKmh: 30, lengthM: 8, tellsSpeed: true }),
      coveragePct: 60,
    };
    expect(learnFrom([poor, { ...poor, coveragePct: 100, occupancyPct: null }])).toEqual(begun);
  });
});

describe('the mean speed of a single loop', () => {
  const learned: EffectiveLength = { lengthM: 6.7, basis: 'measured', vehicles: 5000, lowOccupancyPct: 5 };

  test('is flow times effective length over occupancy', () => {
    const estimate = estimateSpeed(learned, {
      count: 20,
      flowVehH: 1200,
      occupancyPct: 10,
      occupancyError: 0,
      standingShare: 0,
    });
    expect(estimate?.speedKmh).toBeCloseTo(80.4, 6);
  });
  test('is the more uncertain the fewer vehicles, the coarser the edges and the less is learned', () => {
    const error = (length: EffectiveLength, count: number, errors = {}): number => {
      const occupancyPct = (count * 60 * 6.7) / 600;
      const known = { count, flowVehH: count * 60, occupancyPct, occupancyError: 0, standingShare: 0 };
      return estimateSpeed(length, { ...known, ...errors })?.errorPct ?? 99;
    };
    expect(error(learned, 20)).toBeLessThan(8);
    expect(error(learned, 5)).toBeGreaterThan(error(learned, 20));
    expect(error(learned, 20, { occupancyError: 0.1 })).toBeGreaterThan(error(learned, 20));
    expect(error({ ...learned, basis: 'free-flow' }, 20)).toBeGreaterThan(error(learned, 20));
    expect(error(begun, 20)).toBeGreaterThan(25);
    expect(error(learned, 20, { standingShare: 0.3 })).toBe(99);
    expect(error(begun, 2)).toBe(99);
    expect(error(learned, 1)).toBe(99);
  });
  test('lies within three standard errors of the truth in mixed traffic', () => {
    const vehicle = fc.record({
      lengthM: fc.integer({ min: 38, max: 70 }),
      speedMs: fc.integer({ min: 8, max: 18 }),
    });
    fc.assert(
      fc.property(fc.array(vehicle, { minLength: 5, maxLength: 40 }), (vehicles) => {
        const count = vehicles.length;
        const paceSum = vehicles.reduce((sum, { speedMs }) => sum + 1 / speedMs, 0);
        const occupiedS = vehicles.reduce(
          (sum, { lengthM, speedMs }) => sum + (lengthM / 10 + 2) / speedMs,
          0,
        );
        const meanLengthM = 5.4 + 2;
        const estimate = estimateSpeed(
          { ...learned, lengthM: meanLengthM },
          {
            count,
            flowVehH: count * 60,
            occupancyPct: (100 * occupiedS) / 60,
            occupancyError: 0,
            standingShare: 0,
          },
        );
        const truthKmh = (3.6 * count) / paceSum;
        if (estimate === null) return;
        const off = Math.abs(estimate.speedKmh - truthKmh) / truthKmh;
        expect(100 * off).toBeLessThan(3 * estimate.errorPct);
      }),
    );
  });
});
