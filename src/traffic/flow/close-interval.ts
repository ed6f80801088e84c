import { MS_PER_H, MS_PER_S, round, roundOrNull } from '../../base/units.ts';
import type { FlowInterval } from '../record.ts';
import type { EffectiveLength } from './effective-length.ts';
import { gapsOf, type OpenInterval } from './interval.ts';
import { NO_SPEEDS, type SpeedFigures, speedFigures } from './mean-speed.ts';
import type { LaneMeasure } from './measure.ts';
import type { OccupiedTime } from './occupied-tally.ts';
import { meanOf, type Sum } from './vehicle-tally.ts';

/** Less measured time than this and an interval has no figures: they would be guesses. */
const MIN_COVERAGE_PCT = 5;

/** What identifies the interval's series, and what the lane has learned. */
export interface IntervalOf {
  readonly measure: LaneMeasure;
  readonly sensor: string;
  readonly widthS: number;
  readonly effectiveLength: EffectiveLength | null;
}

type Figures = Omit<
  FlowInterval,
  | 'lane'
  | 'source'
  | 'sensor'
  | 'startMs'
  | 'endMs'
  | 'widthS'
  | 'lead'
  | 'leadReason'
  | 'partial'
  | 'resolution'
  | 'expected'
  | 'received'
  | 'coveragePct'
  | 'gaps'
>;

/** Ends an interval: the published figures. Formulas: glossary, flow/occupancy/mean speeds. */
export function closeInterval(interval: OpenInterval, of: IntervalOf): FlowInterval {
  const { measure, widthS } = of;
  const spanMs = interval.endMs - interval.startMs;
  const coveragePct = spanMs > 0 ? Math.min(100, (100 * coveredMs(interval, measure)) / spanMs) : 0;
  const figures =
    measure.coverage === 'device-intervals'
      ? deviceFigures(interval, { spanMs, coveragePct })
      : vehicleFigures(interval, of, { spanMs, coveragePct });
  const wall = (monoMs: number): number => Math.round(interval.startWallMs + monoMs - interval.startMs);
  return {
    lane: measure.lane,
    source: measure.source,
    sensor: of.sensor,
    startMs: Math.round(interval.startWallMs),
    endMs: wall(interval.endMs),
    widthS,
    lead: false,
    leadReason: null,
    partial: Math.round(spanMs) < widthS * MS_PER_S,
    resolution: measure.resolution,
    ...figures,
    expected: Math.round(interval.expected),
    received: Math.round(interval.received),
    coveragePct: round(coveragePct, 1),
    gaps: gapsOf(interval).map((gap) => ({
      fromMs: wall(gap.fromMs),
      toMs: wall(gap.toMs),
      cause: gap.cause,
    })),
  };
}

function coveredMs(interval: OpenInterval, { coverage }: LaneMeasure): number {
  if (coverage === 'device-intervals') return interval.device.countedMs;
  return coverage === 'counter' ? interval.countedMs : interval.coveredMs;
}

interface Extent {
  readonly spanMs: number;
  readonly coveragePct: number;
}

function vehicleFigures(interval: OpenInterval, of: IntervalOf, { spanMs, coveragePct }: Extent): Figures {
  const { measure } = of;
  const { vehicles, occupied } = interval;
  const measured = coveragePct >= MIN_COVERAGE_PCT;
  // A counter that goes on through a silence has counted in it too.
  const countedMs = Math.min(spanMs, Math.max((spanMs * coveragePct) / 100, interval.countedMs));
  const counted = 100 * countedMs >= MIN_COVERAGE_PCT * spanMs && countedMs > 0;
  const flowVehH = counted ? (vehicles.count * MS_PER_H) / countedMs : null;
  const occupancy = occupancyFigures(interval, measure, { spanMs, coveragePct });
  const speeds: SpeedFigures = measured
    ? speedFigures(measure, vehicles, {
        flowVehH,
        occupancyPct: occupancy.occupancyPct,
        occupancyError: relativeError(occupiedTime(interval, measure)),
        standingShare: occupied.seen.occupiedMs > 0 ? occupied.queueMs / occupied.seen.occupiedMs : 0,
        effectiveLength: of.effectiveLength,
      })
    : NO_SPEEDS;
  const { classes } = measure;
  return {
    count: counted ? vehicles.count : null,
    reverseCount: counted ? vehicles.reverseCount : null,
    counterOnlyCount: vehicles.counterOnlyCount,
    lateCount: vehicles.lateCount,
    flowVehH: roundOrNull(flowVehH, 1),
    ...occupancy,
    ...speeds,
    meanHeadwayS: measured ? secondsOf(vehicles.headwayMs) : null,
    meanGapS: measured ? secondsOf(vehicles.gapMs) : null,
    meanLengthM: measured ? roundOrNull(meanOf(vehicles.lengthM), 1) : null,
    classScheme: counted && classes !== null ? classes.scheme : null,
    classCounts: counted && classes !== null ? countsOf(classes.names, interval) : null,
    queuePresenceS: measured && measure.seesQueue ? round(occupied.queueMs / MS_PER_S, 1) : null,
  };
}

function occupiedTime({ occupied }: OpenInterval, { occupancyMethod }: LaneMeasure): OccupiedTime {
  return occupancyMethod === 'accumulated' ? occupied.accumulated : occupied.seen;
}

function relativeError({ occupiedMs, varianceMs2 }: OccupiedTime): number {
  return occupiedMs > 0 ? Math.sqrt(varianceMs2) / occupiedMs : 0;
}

function occupancyFigures(
  interval: OpenInterval,
  measure: LaneMeasure,
  { spanMs, coveragePct }: Extent,
): Pick<Figures, 'occupancyPct' | 'occupancyMethod' | 'occupancyUncertaintyPct'> {
  const { occupancyMethod } = measure;
  const isAccumulated = occupancyMethod === 'accumulated';
  const accumulatedMs = Math.min(spanMs, interval.occupied.accumulatedOverMs);
  const overMs = isAccumulated ? accumulatedMs : (spanMs * coveragePct) / 100;
  const measured = overMs > 0 && 100 * overMs >= MIN_COVERAGE_PCT * spanMs;
  const isKnown = occupancyMethod !== 'device' || interval.vehicles.withoutOnTime === 0;
  if (occupancyMethod === null || !measured || !isKnown) {
    return { occupancyPct: null, occupancyMethod: null, occupancyUncertaintyPct: null };
  }
  // Time that a lost difference leaves unknown may have been occupied wholly or not at all.
  const unknownMs = isAccumulated ? spanMs - overMs : 0;
  const { occupiedMs, openMs } = occupiedTime(interval, measure);
  const openPct = (100 * openMs) / overMs + (50 * unknownMs) / spanMs;
  return {
    occupancyPct: round(Math.min(100, (100 * occupiedMs) / overMs), 2),
    occupancyMethod,
    occupancyUncertaintyPct: occupancyMethod === 'device' ? null : round(Math.min(100, openPct), 2),
  };
}

/** A device's own intervals as they are: it does not say which of the two means its speed is (see glossary). */
function deviceFigures({ device, vehicles }: OpenInterval, { spanMs, coveragePct }: Extent): Figures {
  const counted = coveragePct >= MIN_COVERAGE_PCT;
  const occupancyPct =
    100 * device.occupancy.of >= MIN_COVERAGE_PCT * spanMs ? meanOf(device.occupancy) : null;
  const speedKmh = counted ? meanOf(device.speedKmh) : null;
  const classCounts = counted ? device.classCounts : null;
  return {
    count: counted ? device.count : null,
    reverseCount: null,
    counterOnlyCount: 0,
    lateCount: vehicles.lateCount,
    flowVehH: counted ? round((device.count * MS_PER_H) / Math.min(spanMs, device.countedMs), 1) : null,
    occupancyPct: roundOrNull(occupancyPct, 2),
    occupancyMethod: occupancyPct === null ? null : 'device',
    occupancyUncertaintyPct: null,
    timeMeanSpeedKmh: roundOrNull(speedKmh, 1),
    spaceMeanSpeedKmh: null,
    speed85Kmh: counted ? roundOrNull(device.speed85Kmh, 1) : null,
    speedCount: speedKmh === null ? 0 : device.speedKmh.of,
    speedMethod: speedKmh === null ? null : 'device',
    speedUncertaintyPct: null,
    meanHeadwayS: counted ? roundOrNull(meanOf(device.headwayS), 2) : null,
    meanGapS: counted ? roundOrNull(meanOf(device.gapS), 2) : null,
    meanLengthM: counted ? roundOrNull(meanOf(device.lengthM), 1) : null,
    classScheme: classCounts === null ? null : 'device',
    classCounts,
    queuePresenceS: null,
  };
}

function countsOf(names: readonly string[], { vehicles }: OpenInterval): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = vehicles.classCounts[name] ?? 0;
  const classified = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { ...counts, unclassified: vehicles.count - classified };
}

function secondsOf(ms: Sum): number | null {
  const mean = meanOf(ms);
  return mean === null ? null : round(mean / MS_PER_S, 2);
}
