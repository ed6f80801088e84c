import type { TravelSpeed } from '../passages/dual-loop.ts';
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
  /** Sum of what a camera's calibration leaves open about the paces: it errs the same way for all of them. */
  readonly paceCommonErrorSum: number;
  /** Vehicles with a spot speed. */
  readonly spotCount: number;
  /** Vehicles with a pace, of their spot speed or over the station, and those of them that tell how uncertain. */
  readonly paceCount: number;
  readonly timedPaceCount: number;
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
  paceCommonErrorSum: 0,
  spotCount: 0,
  paceCount: 0,
  timedPaceCount: 0,
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

function addSpeed(tally: VehicleTally, passage: CompletedPassage): VehicleTally {
  const { speedKmh, travel } = passage;
  if (travel !== null) return addTravel(tally, travel);
  if (speedKmh === null || speedKmh <= 0) return tally;
  const kept = tally.speedsKmh.length < MAX_KEPT_SPEEDS;
  return {
    ...addPace(tally, speedKmh, paceErrorOf(passage)),
    speedsKmh: kept ? [...tally.speedsKmh, speedKmh] : tally.speedsKmh,
    speedSumKmh: tally.speedSumKmh + speedKmh,
    spotCount: tally.spotCount + 1,
  };
}

/** Adds the mean speed of a vehicle that has no spot speed. */
export function addTravel(tally: VehicleTally, { speedKmh, paceUncertaintyPct }: TravelSpeed): VehicleTally {
  return addPace(tally, speedKmh, { ownPct: edgeErrorPct(paceUncertaintyPct), commonPct: 0 });
}

/** Standard errors of one pace, percent: its own, and that which it shares with all others of the sensor. */
interface PaceError {
  readonly ownPct: number;
  readonly commonPct: number;
}

/** A camera's bounds are two standard errors, and mostly those of its calibration. */
function paceErrorOf({ source, speedUncertaintyPct }: CompletedPassage): PaceError | null {
  if (speedUncertaintyPct === null) return null;
  return source === 'camera'
    ? { ownPct: 0, commonPct: speedUncertaintyPct / 2 }
    : { ownPct: edgeErrorPct(speedUncertaintyPct), commonPct: 0 };
}

/** Four edges, each spread evenly over its bounds: their standard error is the common bound over 2·√3. */
function edgeErrorPct(uncertaintyPct: number): number {
  return uncertaintyPct / (2 * Math.sqrt(3));
}

function addPace(tally: VehicleTally, speedKmh: number, error: PaceError | null): VehicleTally {
  const pace = 1 / speedKmh;
  const { ownPct, commonPct } = error ?? { ownPct: 0, commonPct: 0 };
  return {
    ...tally,
    paceSum: tally.paceSum + pace,
    paceSquareSum: tally.paceSquareSum + pace * pace,
    paceVarianceSum: tally.paceVarianceSum + ((ownPct / 100) * pace) ** 2,
    paceCommonErrorSum: tally.paceCommonErrorSum + (commonPct / 100) * pace,
    paceCount: tally.paceCount + 1,
    timedPaceCount: tally.timedPaceCount + (error === null ? 0 : 1),
  };
}
