import { MS_PER_H, MS_PER_S, round, roundOrNull } from '../../base/units.ts';
import type { FlowInterval, Gap, LaneLength } from '../record.ts';
import type { EffectiveLength } from './effective-length.ts';
import { believedMs, gapsOf, type OpenInterval, wallOf } from './interval.ts';
import { NO_SPEEDS, type SpeedBasis, type SpeedFigures, speedFigures } from './mean-speed.ts';
import type { LaneMeasure } from './measure.ts';
import type { OccupiedTime } from './occupied-tally.ts';
import { meanOf, type Sum } from './vehicle-tally.ts';

/** Less measured time than this and an interval has no figures: they would be guesses. */
export const MIN_COVERAGE_PCT = 5;
/** A vehicle that only a counter knew of makes one headway of two: with more of them there is no mean headway. */
const MAX_COUNTER_ONLY_SHARE = 0.05;
/** Less than this without a gap in the readings is a device that answered and did not tell. */
const UNEXPLAINED_PCT = 50;

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
  const coveragePct = spanMs > 0 ? Math.min(100, (100 * measuredMs(interval, measure)) / spanMs) : 0;
  const extent = { spanMs, isMeasured: coveragePct >= MIN_COVERAGE_PCT };
  const figures =
    measure.coverage === 'device-intervals'
      ? deviceFigures(interval, extent)
      : vehicleFigures(interval, of, extent);
  return {
    lane: measure.lane,
    source: measure.source,
    sensor: of.sensor,
    startMs: interval.startWallMs,
    endMs: interval.endWallMs,
    widthS,
    lead: false,
    leadReason: null,
    partial: interval.endWallMs - interval.startWallMs < widthS * MS_PER_S,
    resolution: measure.resolution,
    ...figures,
    expected: Math.round(interval.expected),
    received: Math.round(interval.received),
    coveragePct: round(coveragePct, 1),
    gaps: gapsIn(interval, coveragePct),
  };
}

/** Gaps on the wall clock. A device that answers, and tells nothing that can be used, leaves one too. */
export function gapsIn(interval: OpenInterval, coveragePct: number): readonly Gap[] {
  const { startWallMs, endWallMs } = interval;
  const gaps = gapsOf(interval).flatMap(({ cause, ...gap }): Gap[] => {
    const [fromMs, toMs] = [wallOf(interval, gap.fromMs), wallOf(interval, gap.toMs)];
    return toMs > fromMs ? [{ fromMs, toMs, cause }] : [];
  });
  const isUnexplained = gaps.length === 0 && coveragePct < UNEXPLAINED_PCT;
  return isUnexplained ? [{ fromMs: startWallMs, toMs: endWallMs, cause: 'device' }] : gaps;
}

function measuredMs(interval: OpenInterval, { coverage }: LaneMeasure): number {
  if (coverage === 'device-intervals') return interval.device.countedMs;
  return believedMs(interval, coverage === 'counter' ? 'counted' : 'covered');
}

interface Extent {
  readonly spanMs: number;
  /** Whether coverage is enough for figures. */
  readonly isMeasured: boolean;
}

function vehicleFigures(interval: OpenInterval, of: IntervalOf, extent: Extent): Figures {
  const { measure } = of;
  const { vehicles, occupied } = interval;
  const { spanMs, isMeasured } = extent;
  // A counter that goes on through a silence has counted in it too.
  const countedMs = believedMs(interval, 'counted');
  const observedMs = measure.coverage === 'counter' ? countedMs : believedMs(interval, 'observed');
  const counted = isMeasured || (countedMs > 0 && 100 * countedMs >= MIN_COVERAGE_PCT * spanMs);
  const flowVehH = counted ? (vehicles.count * MS_PER_H) / Math.max(observedMs, countedMs) : null;
  const occupancy = occupancyFigures(interval, measure, { spanMs, observedMs });
  const speeds: SpeedFigures = isMeasured
    ? speedFigures(measure, vehicles, {
        ...vehiclesOfOccupancy(interval, measure, { flowVehH, observedMs }),
        occupancyPct: occupancy.occupancyPct,
        occupancyError: relativeError(occupiedTime(interval, measure)),
        standingShare: occupied.seen.occupiedMs > 0 ? occupied.queueMs / occupied.seen.occupiedMs : 0,
        effectiveLength: of.effectiveLength,
      })
    : NO_SPEEDS;
  const { classes } = measure;
  const isFollowed = isMeasured && vehicles.counterOnlyCount <= MAX_COUNTER_ONLY_SHARE * vehicles.count;
  return {
    count: counted ? vehicles.count : null,
    reverseCount: counted ? vehicles.reverseCount : null,
    counterOnlyCount: counted ? vehicles.counterOnlyCount : 0,
    lateCount: vehicles.lateCount,
    flowVehH: roundOrNull(flowVehH, 1),
    ...occupancy,
    ...speeds,
    effectiveLength: lengthFigures(of),
    meanHeadwayS: isFollowed ? secondsOf(vehicles.headwayMs) : null,
    meanGapS: isFollowed ? secondsOf(vehicles.gapMs) : null,
    meanLengthM: isMeasured ? roundOrNull(meanOf(vehicles.lengthM), 1) : null,
    classScheme: counted && classes !== null ? classes.scheme : null,
    classCounts: counted && classes !== null ? countsOf(classes.names, interval) : null,
    queuePresenceS: isMeasured && measure.seesQueue ? round(occupied.queueMs / MS_PER_S, 1) : null,
    ...(isMeasured ? queueFigures(interval) : NO_QUEUE),
  };
}

/** The vehicles that made the occupancy: those that only the counter knew are in the card's accumulator alone. */
function vehiclesOfOccupancy(
  { vehicles }: OpenInterval,
  { occupancyMethod }: LaneMeasure,
  all: { readonly flowVehH: number | null; readonly observedMs: number },
): Pick<SpeedBasis, 'count' | 'flowVehH'> {
  if (occupancyMethod === 'accumulated') return { count: vehicles.count, flowVehH: all.flowVehH };
  const count = vehicles.count - vehicles.counterOnlyCount;
  return { count, flowVehH: all.observedMs > 0 ? (count * MS_PER_H) / all.observedMs : null };
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
  { spanMs, observedMs }: { readonly spanMs: number; readonly observedMs: number },
): Pick<Figures, 'occupancyPct' | 'occupancyMethod' | 'occupancyUncertaintyPct'> {
  const { occupancyMethod } = measure;
  const isAccumulated = occupancyMethod === 'accumulated';
  const accumulatedMs = Math.min(spanMs, interval.occupied.accumulatedOverMs);
  const overMs = isAccumulated ? accumulatedMs : observedMs;
  const measured = overMs > 0 && 100 * overMs >= MIN_COVERAGE_PCT * spanMs;
  const isKnown = occupancyMethod !== 'device' || interval.vehicles.withoutOnTime === 0;
  if (occupancyMethod === null || !measured || !isKnown) {
    return { occupancyPct: null, occupancyMethod: null, occupancyUncertaintyPct: null };
  }
  const { occupiedMs, openMs } = occupiedTime(interval, measure);
  const share = Math.min(1, occupiedMs / overMs);
  const { count, counterOnlyCount } = interval.vehicles;
  // Time that a lost difference leaves unknown may have been occupied wholly or not at all, and vehicles that
  // only the counter knew were on the loop as long as the others.
  const unknownShare = isAccumulated
    ? (1 - overMs / spanMs) * Math.max(share, 1 - share)
    : (share * counterOnlyCount) / Math.max(1, count - counterOnlyCount);
  const openPct = 100 * (openMs / overMs + unknownShare);
  return {
    occupancyPct: round(100 * share, 2),
    occupancyMethod,
    occupancyUncertaintyPct: occupancyMethod === 'device' ? null : round(Math.min(100, openPct), 2),
  };
}

/** A device's own intervals as they are: it does not say which of the two means its speed is (see glossary). */
function deviceFigures({ device, vehicles }: OpenInterval, { spanMs, isMeasured: counted }: Extent): Figures {
  const occupancyPct =
    100 * device.occupancy.of >= MIN_COVERAGE_PCT * spanMs ? meanOf(device.occupancy) : null;
  const speedKmh = counted ? meanOf(device.speedKmh) : null;
  const classCounts = counted ? device.classCounts : null;
  return {
    count: counted ? device.count : null,
    reverseCount: null,
    counterOnlyCount: 0,
    lateCount: vehicles.lateCount,
    flowVehH: counted ? round((device.count * MS_PER_H) / device.countedMs, 1) : null,
    occupancyPct: roundOrNull(occupancyPct, 2),
    occupancyMethod: occupancyPct === null ? null : 'device',
    occupancyUncertaintyPct: null,
    timeMeanSpeedKmh: roundOrNull(speedKmh, 1),
    spaceMeanSpeedKmh: null,
    speed85Kmh: counted ? roundOrNull(device.speed85Kmh, 1) : null,
    speedCount: speedKmh === null ? 0 : device.speedKmh.of,
    spotSpeedCount: speedKmh === null ? 0 : device.speedKmh.of,
    speedMethod: speedKmh === null ? null : 'device',
    speedUncertaintyPct: null,
    effectiveLength: null,
    meanHeadwayS: counted ? roundOrNull(meanOf(device.headwayS), 2) : null,
    meanGapS: counted ? roundOrNull(meanOf(device.gapS), 2) : null,
    meanLengthM: counted ? roundOrNull(meanOf(device.lengthM), 1) : null,
    classScheme: classCounts === null ? null : 'device',
    classCounts,
    queuePresenceS: null,
    ...NO_QUEUE,
  };
}

const NO_QUEUE = { queueLengthM: null, meanQueueLengthM: null } as const;

function queueFigures({ queue }: OpenInterval): Pick<Figures, 'queueLengthM' | 'meanQueueLengthM'> {
  if (queue.knownMs === 0) return NO_QUEUE;
  return {
    queueLengthM: round(queue.longestM, 1),
    meanQueueLengthM: round(queue.metreMs / queue.knownMs, 1),
  };
}

function lengthFigures({ measure, effectiveLength }: IntervalOf): LaneLength | null {
  if (!measure.estimatesSpeed || effectiveLength === null) return null;
  const { lengthM, basis, vehicles } = effectiveLength;
  return { lengthM: round(lengthM, 2), basis, vehicles };
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
