import { round } from '../../base/units.ts';
import type { FlowInterval } from '../record.ts';
import { type EffectiveLength, estimateSpeed } from './effective-length.ts';
import type { LaneMeasure } from './measure.ts';
import type { VehicleTally } from './vehicle-tally.ts';

/** With fewer vehicles than this less than three lie above the 85th percentile. */
export const SPEED85_MIN_VEHICLES = 20;
/**
 * Which vehicles have a speed depends on how fast they were, so the mean of fewer than this share of them is not
 * the mean of the lane.
 */
const MIN_SPEED_SHARE = 0.5;
/** A mean to which the edges' timing leaves a larger standard error says no more than one spot speed may. */
const MAX_TIMING_ERROR_PCT = 7;

export type SpeedFigures = Pick<
  FlowInterval,
  | 'timeMeanSpeedKmh'
  | 'spaceMeanSpeedKmh'
  | 'speed85Kmh'
  | 'speedCount'
  | 'spotSpeedCount'
  | 'speedMethod'
  | 'speedUncertaintyPct'
>;

export const NO_SPEEDS: SpeedFigures = {
  timeMeanSpeedKmh: null,
  spaceMeanSpeedKmh: null,
  speed85Kmh: null,
  speedCount: 0,
  spotSpeedCount: 0,
  speedMethod: null,
  speedUncertaintyPct: null,
};

/** Flow and occupancy of the same vehicles, from which a mean speed can be estimated. */
export interface SpeedBasis {
  readonly count: number;
  readonly flowVehH: number | null;
  readonly occupancyPct: number | null;
  readonly occupancyError: number;
  readonly standingShare: number;
  readonly effectiveLength: EffectiveLength | null;
}

/** The speeds of an interval: those of its vehicles, or an estimate where too few of them have one. */
export function speedFigures(measure: LaneMeasure, tally: VehicleTally, basis: SpeedBasis): SpeedFigures {
  if (hasMean(tally)) return measuredSpeeds(measure, tally);
  const { count, flowVehH, occupancyPct, effectiveLength, ...errors } = basis;
  if (!measure.estimatesSpeed || effectiveLength === null) return NO_SPEEDS;
  if (flowVehH === null || occupancyPct === null) return NO_SPEEDS;
  const estimate = estimateSpeed(effectiveLength, { count, flowVehH, occupancyPct, ...errors });
  if (estimate === null) return NO_SPEEDS;
  return {
    ...NO_SPEEDS,
    spaceMeanSpeedKmh: round(estimate.speedKmh, 1),
    speedCount: count,
    speedMethod: 'single-loop',
    speedUncertaintyPct: round(estimate.errorPct, 1),
  };
}

function hasMean(tally: VehicleTally): boolean {
  const { paceCount, paceSum, paceVarianceSum } = tally;
  if (paceCount === 0 || !areEnough(tally, paceCount)) return false;
  return 100 * Math.sqrt(paceVarianceSum) <= MAX_TIMING_ERROR_PCT * paceSum;
}

function areEnough(tally: VehicleTally, withSpeed: number): boolean {
  return withSpeed >= MIN_SPEED_SHARE * (tally.count - tally.counterOnlyCount);
}

/** The space-mean is that of all vehicles that were timed; arithmetic mean and percentile are of spot speeds. */
function measuredSpeeds(measure: LaneMeasure, tally: VehicleTally): SpeedFigures {
  const { spotCount, paceCount, speedsKmh, speedSumKmh, paceSum } = tally;
  const spotsTell = spotCount > 0 && areEnough(tally, spotCount);
  const has85 = spotsTell && spotCount >= SPEED85_MIN_VEHICLES && speedsKmh.length === spotCount;
  return {
    timeMeanSpeedKmh: spotsTell ? round(speedSumKmh / spotCount, 1) : null,
    spaceMeanSpeedKmh: round(paceCount / paceSum, 1),
    speed85Kmh: has85 ? round(percentile(speedsKmh, 0.85), 1) : null,
    speedCount: paceCount,
    spotSpeedCount: spotCount,
    speedMethod: measure.speedMethod,
    speedUncertaintyPct: tally.timedPaceCount === paceCount ? round(errorPct(tally), 1) : null,
  };
}

/**
 * Standard error of the mean pace, percent: what edges or calibration leave open, and what the vehicles without a speed
 * may have changed (a sample without replacement from `count` vehicles).
 */
function errorPct(tally: VehicleTally): number {
  const { count, paceCount, paceSum, paceSquareSum, paceVarianceSum, paceCommonErrorSum } = tally;
  const mean = paceSum / paceCount;
  const spread = Math.max(0, paceSquareSum / paceCount - mean * mean);
  const unseen = count > 0 ? Math.max(0, 1 - paceCount / count) : 0;
  const commonError = paceCommonErrorSum / paceCount;
  const variance = commonError ** 2 + paceVarianceSum / paceCount ** 2 + (spread / paceCount) * unseen;
  return (100 * Math.sqrt(variance)) / mean;
}

/** The value below which a share of the values lie, interpolated between neighbours (Hyndman and Fan, type 7). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(at)] ?? Number.NaN;
  const upper = sorted[Math.ceil(at)] ?? lower;
  return lower + (at - Math.floor(at)) * (upper - lower);
}
