import type { DeviceInterval } from '../observations/observation.ts';
import { addTo, NO_SUM, type Sum } from './vehicle-tally.ts';

/** What a device's own intervals add up to within one of ours. Means are weighted by vehicles. */
export interface DeviceTally {
  readonly count: number;
  /** Time over which vehicles were counted. */
  readonly countedMs: number;
  /** Occupancy in percent, weighted by time. */
  readonly occupancy: Sum;
  readonly speedKmh: Sum;
  readonly headwayS: Sum;
  readonly gapS: Sum;
  readonly lengthM: Sum;
  readonly classCounts: Readonly<Record<string, number>> | null;
  /** The percentile of one device interval; several cannot be made one. */
  readonly speed85Kmh: number | null;
  readonly intervals: number;
}

export const NO_DEVICE_INTERVALS: DeviceTally = {
  count: 0,
  countedMs: 0,
  occupancy: NO_SUM,
  speedKmh: NO_SUM,
  headwayS: NO_SUM,
  gapS: NO_SUM,
  lengthM: NO_SUM,
  classCounts: null,
  speed85Kmh: null,
  intervals: 0,
};

export function addDeviceInterval(tally: DeviceTally, told: DeviceInterval): DeviceTally {
  const durationMs = told.toMs - told.fromMs;
  const vehicles = told.count ?? 0;
  const weighted = (sum: Sum, value: number | null): Sum =>
    vehicles > 0 ? addTo(sum, value, vehicles) : sum;
  return {
    count: tally.count + vehicles,
    countedMs: tally.countedMs + (told.count === null ? 0 : durationMs),
    occupancy: addTo(tally.occupancy, told.occupancyPct, durationMs),
    speedKmh: weighted(tally.speedKmh, told.meanSpeedKmh),
    headwayS: weighted(tally.headwayS, told.meanHeadwayS),
    gapS: weighted(tally.gapS, told.meanGapS),
    lengthM: weighted(tally.lengthM, told.meanLengthM),
    classCounts: addCounts(tally.classCounts, told.classCounts),
    speed85Kmh: tally.intervals === 0 ? told.speed85Kmh : null,
    intervals: tally.intervals + 1,
  };
}

function addCounts(
  counts: DeviceTally['classCounts'],
  added: DeviceTally['classCounts'],
): DeviceTally['classCounts'] {
  if (added === null) return counts;
  const sum: Record<string, number> = { ...counts };
  for (const [name, count] of Object.entries(added)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
