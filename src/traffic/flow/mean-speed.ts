import { round } from '../../base/units.ts';
import type { FlowInterval } from '../record.ts';
import { type EffectiveLength, estimateSpeed } from './effective-length.ts';
import type { LaneMeasure } from './measure.ts';
import type { VehicleTally } from './vehicle-tally.ts';

/** With fewer vehicles than this less than three lie above the 85th percentile. */
export const SPEED85_MIN_VEHICLES = 20;
/**
 * Which vehicles of a loop have a speed depends on how fast they were, so the mean of fewer than this share of
 * them is not the mean of the lane.
 */
const MIN_SPEED_SHARE = 0.5;

export type SpeedFigures = Pick<
  FlowInterval,
  | 'timeMeanSpeedKmh'
  | 'spaceMeanSpeedKmh'
  | 'speed85Kmh'
  | 'speedCount'
  | 'speedMethod'
  | 'speedUncertaintyPct'
>;

export const NO_SPEEDS: SpeedFigures = {
  timeMeanSpeedKmh: null,
  spaceMeanSpeedKmh: null,
  speed85Kmh: null,
  speedCount: 0,
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
  const { speedCount } = tally;
  const shown = tally.count - tally.counterOnlyCount;
  const enough = measure.source === 'camera' || speedCount >= MIN_SPEED_SHARE * shown;
  if (speedCount > 0 && enough) return measuredSpeeds(measure, tally);
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

function measuredSpeeds(measure: LaneMeasure, tally: VehicleTally): SpeedFigures {
  const { speedCount, speedsKmh, speedSumKmh, paceSum } = tally;
  return {
    timeMeanSpeedKmh: round(speedSumKmh / speedCount, 1),
    spaceMeanSpeedKmh: round(speedCount / paceSum, 1),
    speed85Kmh:
      speedCount < SPEED85_MIN_VEHICLES || speedsKmh.length < speedCount
        ? null
        : round(percentile(speedsKmh, 0.85), 1),
    speedCount,
    speedMethod: measure.speedMethod,
    speedUncertaintyPct: tally.timedSpeedCount === speedCount ? round(errorPct(tally), 1) : null,
  };
}

/**
 * Standard error of the mean pace, percent: what the edges leave open, and what the vehicles without a speed
 * may have changed (a sample without replacement from `count` vehicles).
 */
function errorPct({ count, speedCount, paceSum, paceSquareSum, paceVarianceSum }: VehicleTally): number {
  const mean = paceSum / speedCount;
  const spread = Math.max(0, paceSquareSum / speedCount - mean * mean);
  const unseen = count > 0 ? 1 - speedCount / count : 0;
  return (100 * Math.sqrt(paceVarianceSum / speedCount ** 2 + (spread / speedCount) * unseen)) / mean;
}

/** The value below which a share of the values lie, interpolated between neighbours (Hyndman and Fan, type 7). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(at)] ?? Number.NaN;
  const upper = sorted[Math.ceil(at)] ?? lower;
  return lower + (at - Math.floor(at)) * (upper - lower);
}
