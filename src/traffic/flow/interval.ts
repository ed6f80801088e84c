import { MS_PER_H, MS_PER_S, round } from '../../base/units.ts';
import type { GapCause, SensorSampling } from '../observations/observation.ts';
import type { CompletedPassage } from '../passages/passage.ts';
import type { FlowInterval, Gap } from '../record.ts';

/** Less measured time than this and an interval has no figures: they would be guesses. */
const MIN_COVERAGE_PCT = 5;
/** Samplings come each second; a longer stretch without any means that nobody was reading. */
const UNSAMPLED_MS = 1500;
/** A sampling that lacks more than this share is a gap; fewer missed reads only lower the coverage. */
const GAP_SHARE = 0.5;
/** Gaps kept per interval; more are merged into the last. */
const MAX_GAPS = 16;

/** One interval in the making. Times are monotonic ms unless they say wall. */
export interface OpenInterval {
  readonly startMs: number;
  readonly endMs: number;
  readonly startWallMs: number;
  readonly count: number;
  readonly reverseCount: number;
  readonly counterOnlyCount: number;
  readonly occupiedMs: number;
  readonly speedSumKmh: number;
  readonly inverseSpeedSum: number;
  readonly speedCount: number;
  readonly headwaySumMs: number;
  readonly headwayCount: number;
  readonly expected: number;
  readonly received: number;
  readonly coveredMs: number;
  readonly sampledToMs: number;
  readonly gaps: readonly Gap[];
}

export function openInterval(span: { startMs: number; endMs: number; startWallMs: number }): OpenInterval {
  return {
    ...span,
    count: 0,
    reverseCount: 0,
    counterOnlyCount: 0,
    occupiedMs: 0,
    speedSumKmh: 0,
    inverseSpeedSum: 0,
    speedCount: 0,
    headwaySumMs: 0,
    headwayCount: 0,
    expected: 0,
    received: 0,
    coveredMs: 0,
    sampledToMs: span.startMs,
    gaps: [],
  };
}

/** Milliseconds that two spans share. */
export function overlapMs(a: { fromMs: number; toMs: number }, b: { fromMs: number; toMs: number }): number {
  return Math.max(0, Math.min(a.toMs, b.toMs) - Math.max(a.fromMs, b.fromMs));
}

export function addPassage(
  interval: OpenInterval,
  passage: CompletedPassage,
  headwayMs: number | null,
): OpenInterval {
  if (passage.direction === 'reverse') return { ...interval, reverseCount: interval.reverseCount + 1 };
  const speedKmh = passage.speedKmh;
  return {
    ...interval,
    count: interval.count + 1,
    counterOnlyCount: interval.counterOnlyCount + (passage.counterOnly ? 1 : 0),
    speedCount: interval.speedCount + (speedKmh === null ? 0 : 1),
    speedSumKmh: interval.speedSumKmh + (speedKmh ?? 0),
    inverseSpeedSum: interval.inverseSpeedSum + (speedKmh === null ? 0 : 1 / speedKmh),
    headwayCount: interval.headwayCount + (headwayMs === null ? 0 : 1),
    headwaySumMs: interval.headwaySumMs + (headwayMs ?? 0),
  };
}

export function addOccupied(interval: OpenInterval, span: { fromMs: number; toMs: number }): OpenInterval {
  const ms = overlapMs(span, { fromMs: interval.startMs, toMs: interval.endMs });
  return ms === 0 ? interval : { ...interval, occupiedMs: interval.occupiedMs + ms };
}

/** Adds the part of a sampling that lies in this interval; what was missed becomes a gap with its cause. */
export function addSampling(interval: OpenInterval, sampling: SensorSampling): OpenInterval {
  const fromMs = Math.max(sampling.fromMs, interval.startMs);
  const toMs = Math.min(sampling.toMs, interval.endMs);
  if (toMs <= fromMs) return interval;
  const share = (toMs - fromMs) / (sampling.toMs - sampling.fromMs);
  const receivedShare = sampling.expected === 0 ? 0 : Math.min(1, sampling.received / sampling.expected);
  const unsampled = gapBefore(interval, fromMs);
  const missed = receivedShare < GAP_SHARE ? { fromMs, toMs, cause: sampling.cause ?? 'device' } : null;
  return {
    ...interval,
    expected: interval.expected + sampling.expected * share,
    received: interval.received + sampling.received * share,
    coveredMs: interval.coveredMs + (toMs - fromMs) * receivedShare,
    sampledToMs: Math.max(interval.sampledToMs, toMs),
    gaps: withGaps(interval.gaps, unsampled, missed),
  };
}

/** The detector itself could not be believed in this span, whatever was read from it. */
export function addDistrust(
  interval: OpenInterval,
  span: { fromMs: number; toMs: number },
  cause: GapCause,
): OpenInterval {
  const fromMs = Math.max(span.fromMs, interval.startMs);
  const toMs = Math.min(span.toMs, interval.endMs);
  if (toMs <= fromMs) return interval;
  const coveredMs = Math.max(0, interval.coveredMs - (toMs - fromMs));
  return { ...interval, coveredMs, gaps: withGaps(interval.gaps, null, { fromMs, toMs, cause }) };
}

/** What identifies the interval's series and places it on the wall clock. */
export interface IntervalOf {
  readonly lane: string;
  readonly source: 'loop' | 'camera';
  readonly sensor: string;
  readonly widthS: number;
  readonly hasOccupancy: boolean;
}

/** Ends an interval: the published figures. Formulas: glossary, flow/occupancy/mean speeds. */
export function closeInterval(interval: OpenInterval, of: IntervalOf): FlowInterval {
  const spanMs = interval.endMs - interval.startMs;
  const gaps = withGaps(interval.gaps, gapBefore(interval, interval.endMs), null);
  const coveragePct = spanMs > 0 ? Math.min(100, (100 * interval.coveredMs) / spanMs) : 0;
  const measured = coveragePct >= MIN_COVERAGE_PCT;
  const coveredMs = (spanMs * coveragePct) / 100;
  const { count, speedCount } = interval;
  const wall = (monoMs: number): number => Math.round(interval.startWallMs + monoMs - interval.startMs);
  return {
    lane: of.lane,
    source: of.source,
    sensor: of.sensor,
    startMs: Math.round(interval.startWallMs),
    endMs: wall(interval.endMs),
    widthS: of.widthS,
    partial: Math.round(spanMs) < of.widthS * MS_PER_S,
    count: measured ? count : null,
    reverseCount: measured ? interval.reverseCount : null,
    counterOnlyCount: interval.counterOnlyCount,
    flowVehH: measured ? round((count * MS_PER_H) / coveredMs, 1) : null,
    occupancyPct:
      measured && of.hasOccupancy ? round(Math.min(100, (100 * interval.occupiedMs) / coveredMs), 2) : null,
    timeMeanSpeedKmh: measured && speedCount > 0 ? round(interval.speedSumKmh / speedCount, 1) : null,
    spaceMeanSpeedKmh: measured && speedCount > 0 ? round(speedCount / interval.inverseSpeedSum, 1) : null,
    speedCount: measured ? speedCount : 0,
    meanHeadwayS:
      measured && interval.headwayCount > 0
        ? round(interval.headwaySumMs / interval.headwayCount / MS_PER_S, 2)
        : null,
    expected: Math.round(interval.expected),
    received: Math.round(interval.received),
    coveragePct: round(coveragePct, 1),
    gaps: gaps.map((gap) => ({ fromMs: wall(gap.fromMs), toMs: wall(gap.toMs), cause: gap.cause })),
  };
}

function gapBefore(interval: OpenInterval, atMs: number): Gap | null {
  if (atMs - interval.sampledToMs <= UNSAMPLED_MS) return null;
  return { fromMs: interval.sampledToMs, toMs: atMs, cause: 'agent' };
}

function withGaps(gaps: readonly Gap[], ...added: readonly (Gap | null)[]): readonly Gap[] {
  let all = gaps;
  for (const gap of added) {
    if (gap === null) continue;
    const last = all.at(-1);
    const joins = last !== undefined && last.cause === gap.cause && gap.fromMs - last.toMs < 1;
    if (last !== undefined && (joins || all.length >= MAX_GAPS)) {
      all = [...all.slice(0, -1), { ...last, toMs: Math.max(last.toMs, gap.toMs) }];
    } else {
      all = [...all, gap];
    }
  }
  return all;
}
