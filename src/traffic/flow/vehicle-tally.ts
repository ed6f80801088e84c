import type { CompletedPassage } from '../passages/passage.ts';

/** Speeds kept for the percentile; more than any lane carries in an hour. */
const MAX_KEPT_SPEEDS = 4000;

/** A sum and of how many. */
export interface Sum {
  readonly total: number;
  readonly of: number;
}

export const NO_SUM: Sum = { total: 0, of: 0 };

export function addTo(sum: Sum, value: number | null, weight = 1): Sum {
  return value === null ? sum : { total: sum.total + value * weight, of: sum.of + weight };
}

export function meanOf({ total, of }: Sum): number | null {
  return of > 0 ? total / of : null;
}

/** What the vehicles of one interval add up to. */
export interface VehicleTally {
  readonly count: number;
  readonly reverseCount: number;
  readonly counterOnlyCount: number;
  readonly lateCount: number;
  /** Spot speeds, km/h, in order of their coming. */
  readonly speedsKmh: readonly number[];
  readonly speedSumKmh: number;
  /** Sums of the pace 1/v, of its square, and of the variance that the edges' timing leaves in it. */
  readonly paceSum: number;
  readonly paceSquareSum: number;
  readonly paceVarianceSum: number;
  /** Vehicles with a speed, and those of them whose speed says how uncertain it is. */
  readonly speedCount: number;
  readonly timedSpeedCount: number;
  readonly headwayMs: Sum;
  readonly gapMs: Sum;
  readonly lengthM: Sum;
  /** By length class; vehicles without one are not in it. */
  readonly classCounts: Readonly<Record<string, number>>;
  /** Vehicles that the device did not give an on-time. */
  readonly withoutOnTime: number;
}

export const NO_VEHICLES: VehicleTally = {
  count: 0,
  reverseCount: 0,
  counterOnlyCount: 0,
  lateCount: 0,
  speedsKmh: [],
  speedSumKmh: 0,
  paceSum: 0,
  paceSquareSum: 0,
  paceVarianceSum: 0,
  speedCount: 0,
  timedSpeedCount: 0,
  headwayMs: NO_SUM,
  gapMs: NO_SUM,
  lengthM: NO_SUM,
  classCounts: {},
  withoutOnTime: 0,
};

export interface Headway {
  readonly headwayMs: number | null;
  readonly gapMs: number | null;
}

export function addVehicle(tally: VehicleTally, passage: CompletedPassage, headway: Headway): VehicleTally {
  if (passage.direction === 'reverse') return { ...tally, reverseCount: tally.reverseCount + 1 };
  const { lengthClass } = passage;
  return {
    ...addSpeed(tally, passage),
    count: tally.count + 1,
    counterOnlyCount: tally.counterOnlyCount + (passage.counterOnly ? 1 : 0),
    headwayMs: addTo(tally.headwayMs, headway.headwayMs),
    gapMs: addTo(tally.gapMs, headway.gapMs),
    lengthM: addTo(tally.lengthM, passage.lengthM),
    classCounts:
      lengthClass === null
        ? tally.classCounts
        : { ...tally.classCounts, [lengthClass]: (tally.classCounts[lengthClass] ?? 0) + 1 },
    withoutOnTime: tally.withoutOnTime + (passage.onTimeMs === null ? 1 : 0),
  };
}

export function addLate(tally: VehicleTally, passage: CompletedPassage): VehicleTally {
  return passage.direction === 'reverse' ? tally : { ...tally, lateCount: tally.lateCount + 1 };
}

function addSpeed(tally: VehicleTally, { speedKmh, speedUncertaintyPct }: CompletedPassage): VehicleTally {
  if (speedKmh === null || speedKmh <= 0) return tally;
  const pace = 1 / speedKmh;
  // Four edges, each spread evenly over its bounds: their standard error is the common bound over 2·√3.
  const relative = speedUncertaintyPct === null ? 0 : speedUncertaintyPct / 100 / (2 * Math.sqrt(3));
  return {
    ...tally,
    speedsKmh: tally.speedsKmh.length < MAX_KEPT_SPEEDS ? [...tally.speedsKmh, speedKmh] : tally.speedsKmh,
    speedSumKmh: tally.speedSumKmh + speedKmh,
    paceSum: tally.paceSum + pace,
    paceSquareSum: tally.paceSquareSum + pace * pace,
    paceVarianceSum: tally.paceVarianceSum + (relative * pace) ** 2,
    speedCount: tally.speedCount + 1,
    timedSpeedCount: tally.timedSpeedCount + (speedUncertaintyPct === null ? 0 : 1),
  };
}
