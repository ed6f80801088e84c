import type { GapCause, SensorSampling } from '../observations/observation.ts';
import type { Gap } from '../record.ts';
import { type DeviceTally, NO_DEVICE_INTERVALS } from './device-tally.ts';
import { NOT_OCCUPIED, type OccupiedTally, overlapMs, type Span } from './occupied-tally.ts';
import { NO_VEHICLES, type VehicleTally } from './vehicle-tally.ts';

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
  readonly vehicles: VehicleTally;
  readonly occupied: OccupiedTally;
  readonly device: DeviceTally;
  readonly expected: number;
  readonly received: number;
  /** Time that readings cover, and time over which a card's counter has lost no vehicle. */
  readonly coveredMs: number;
  readonly countedMs: number;
  readonly sampledToMs: number;
  readonly gaps: readonly Gap[];
}

export function openInterval(span: { startMs: number; endMs: number; startWallMs: number }): OpenInterval {
  return {
    ...span,
    vehicles: NO_VEHICLES,
    occupied: NOT_OCCUPIED,
    device: NO_DEVICE_INTERVALS,
    expected: 0,
    received: 0,
    coveredMs: 0,
    countedMs: 0,
    sampledToMs: span.startMs,
    gaps: [],
  };
}

export function spanOf({ startMs, endMs }: OpenInterval): Span {
  return { fromMs: startMs, toMs: endMs };
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

/** A card's counter has lost no vehicle in this span, whether it was read meanwhile or not. */
export function addCounted(interval: OpenInterval, span: Span): OpenInterval {
  const ms = overlapMs(span, spanOf(interval));
  return ms === 0 ? interval : { ...interval, countedMs: interval.countedMs + ms };
}

/** The detector itself could not be believed in this span, whatever was read from it. */
export function addDistrust(interval: OpenInterval, span: Span, cause: GapCause): OpenInterval {
  const fromMs = Math.max(span.fromMs, interval.startMs);
  const toMs = Math.min(span.toMs, interval.endMs);
  if (toMs <= fromMs) return interval;
  const coveredMs = Math.max(0, interval.coveredMs - (toMs - fromMs));
  const countedMs = Math.max(0, interval.countedMs - (toMs - fromMs));
  const gaps = withGaps(interval.gaps, null, { fromMs, toMs, cause });
  return { ...interval, coveredMs, countedMs, gaps };
}

/** All gaps of an interval, with the one up to its end. */
export function gapsOf(interval: OpenInterval): readonly Gap[] {
  return withGaps(interval.gaps, gapBefore(interval, interval.endMs), null);
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
