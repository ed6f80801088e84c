import { NO_TURN_COUNTED, type TurnTally } from '../movements/turn-tally.ts';
import type { GapCause, SensorSampling } from '../observations/observation.ts';
import type { Gap } from '../record.ts';
import type { Span } from '../span.ts';
import { type CoveredTime, cover, coveredOutside, type Stretch } from './covered-time.ts';
import { type DeviceTally, NO_DEVICE_INTERVALS } from './device-tally.ts';
import { NOT_OCCUPIED, type OccupiedTally, withoutAccumulated } from './occupied-tally.ts';
import { NO_QUEUE_SEEN, type QueueTally } from './queue-tally.ts';
import { NO_VEHICLES, type VehicleTally } from './vehicle-tally.ts';

/** Samplings come each second; a longer stretch without any means that nobody was reading. */
const UNSAMPLED_MS = 1500;
/** A sampling that lacks more than this share is a gap; fewer missed reads only lower the coverage. */
const GAP_SHARE = 0.5;
/** Gaps kept per interval; more are merged into the last. */
const MAX_GAPS = 16;
/** Readings of one moment are folded in any order: so much after a fault still belongs to before it. */
const SAME_MOMENT_MS = 2000;

/** One interval in the making. Times are monotonic ms unless they say wall. */
export interface OpenInterval {
  readonly startMs: number;
  readonly endMs: number;
  readonly startWallMs: number;
  readonly endWallMs: number;
  readonly vehicles: VehicleTally;
  readonly occupied: OccupiedTally;
  readonly device: DeviceTally;
  readonly queue: QueueTally;
  readonly turns: TurnTally;
  /** Until when vehicles, their presence or a device's intervals have been added up. */
  readonly talliedToMs: number;
  readonly expected: number;
  readonly received: number;
  /** Time that readings cover; one that is lost now and then lowers it, though it hides nothing. */
  readonly covered: CoveredTime;
  /** Time of which count and presence tell: all of it but silence. */
  readonly observed: CoveredTime;
  /** Time over which a card's counter has lost no vehicle. */
  readonly counted: CoveredTime;
  /** Time in which the detector was not believed, whatever was read from it. */
  readonly distrusted: readonly Span[];
  readonly sampledToMs: number;
  readonly gaps: readonly Gap[];
}

export function openInterval(
  bounds: Pick<OpenInterval, 'startMs' | 'endMs' | 'startWallMs' | 'endWallMs'>,
): OpenInterval {
  return {
    ...bounds,
    vehicles: NO_VEHICLES,
    occupied: NOT_OCCUPIED,
    device: NO_DEVICE_INTERVALS,
    queue: NO_QUEUE_SEEN,
    turns: NO_TURN_COUNTED,
    talliedToMs: bounds.startMs,
    expected: 0,
    received: 0,
    covered: [],
    observed: [],
    counted: [],
    distrusted: [],
    sampledToMs: bounds.startMs,
    gaps: [],
  };
}

export function spanOf({ startMs, endMs }: OpenInterval): Span {
  return { fromMs: startMs, toMs: endMs };
}

/** A moment of the interval on the wall clock. */
export function wallOf({ startMs, startWallMs, endWallMs }: OpenInterval, monoMs: number): number {
  return Math.min(endWallMs, Math.round(startWallMs + monoMs - startMs));
}

/** The interval as it is when it ends before its time. */
export function cutAt(interval: OpenInterval, nowMs: number): OpenInterval {
  if (nowMs >= interval.endMs) return interval;
  return { ...interval, endMs: nowMs, endWallMs: wallOf(interval, nowMs) };
}

/** Adds the part of a sampling that lies in this interval; what was missed becomes a gap with its cause. */
export function addSampling(interval: OpenInterval, sampling: SensorSampling): OpenInterval {
  // Where another device goes on as the reference, no time is covered twice.
  const fromMs = Math.max(sampling.fromMs, interval.sampledToMs);
  const toMs = Math.min(sampling.toMs, interval.endMs);
  if (toMs <= fromMs) return interval;
  const share = (toMs - fromMs) / (sampling.toMs - sampling.fromMs);
  const receivedShare = sampling.expected === 0 ? 0 : Math.min(1, sampling.received / sampling.expected);
  const unsampled = gapBefore(interval, fromMs);
  const isGap = receivedShare < GAP_SHARE;
  const missed = isGap ? { fromMs, toMs, cause: sampling.cause ?? 'device' } : null;
  const withShare = (part: number): Stretch => ({ fromMs, toMs, coveredMs: (toMs - fromMs) * part });
  return {
    ...interval,
    expected: interval.expected + sampling.expected * share,
    received: interval.received + sampling.received * share,
    covered: cover(interval.covered, withShare(receivedShare)),
    observed: cover(interval.observed, withShare(isGap ? receivedShare : 1)),
    sampledToMs: toMs,
    gaps: withGaps(interval.gaps, unsampled, missed),
  };
}

/** A card's counter has lost no vehicle in this span, whether it was read meanwhile or not. */
export function addCounted(interval: OpenInterval, span: Span): OpenInterval {
  const inside = clip(interval, span);
  if (inside === null) return interval;
  const coveredMs = inside.toMs - inside.fromMs;
  return { ...interval, counted: cover(interval.counted, { ...inside, coveredMs }) };
}

/**
 * The detector was not believed in this span, whatever was read from it. It is recognised late: where something
 * of that time is in the figures already, nobody can take it out again, and they begin anew.
 */
export function addDistrust(interval: OpenInterval, span: Span): OpenInterval {
  const inside = clip(interval, span);
  if (inside === null) return interval;
  const wasBelievedToMs = inside.fromMs + SAME_MOMENT_MS;
  if (interval.talliedToMs <= wasBelievedToMs) {
    const occupied = withoutAccumulated(interval.occupied, wasBelievedToMs);
    return { ...interval, occupied, distrusted: joined(interval.distrusted, inside) };
  }
  const { lateCount } = interval.vehicles;
  return {
    ...interval,
    vehicles: { ...NO_VEHICLES, lateCount },
    occupied: NOT_OCCUPIED,
    device: NO_DEVICE_INTERVALS,
    talliedToMs: inside.toMs,
    distrusted: [{ fromMs: interval.startMs, toMs: inside.toMs }],
  };
}

/** How much of such a time there was while the detector was believed. */
export function believedMs(interval: OpenInterval, kind: 'covered' | 'observed' | 'counted'): number {
  return coveredOutside(interval[kind], interval.distrusted);
}

/** All gaps of an interval in order of time, with the one up to its end. */
export function gapsOf(interval: OpenInterval): readonly Gap[] {
  const unread = withGaps(interval.gaps, gapBefore(interval, interval.endMs));
  const unbelieved = interval.distrusted.map((span): Gap => ({ ...span, cause: 'detector' }));
  return [...unread, ...unbelieved].sort((a, b) => a.fromMs - b.fromMs);
}

function clip(interval: OpenInterval, span: Span): Span | null {
  const fromMs = Math.max(span.fromMs, interval.startMs);
  const toMs = Math.min(span.toMs, interval.endMs);
  return toMs > fromMs ? { fromMs, toMs } : null;
}

function gapBefore(interval: OpenInterval, atMs: number): Gap | null {
  if (atMs - interval.sampledToMs <= UNSAMPLED_MS) return null;
  return { fromMs: interval.sampledToMs, toMs: atMs, cause: 'agent' };
}

function withGaps(gaps: readonly Gap[], ...added: readonly (Gap | null)[]): readonly Gap[] {
  return added.reduce<readonly Gap[]>((all, gap) => (gap === null ? all : joined(all, gap)), gaps);
}

/** Adds a span to others that are not later; one that touches the last of its kind is joined with it. */
function joined<S extends Span & { readonly cause?: GapCause }>(spans: readonly S[], span: S): readonly S[] {
  const last = spans.at(-1);
  if (last === undefined) return [span];
  const continues = last.cause === span.cause && span.fromMs - last.toMs < 1;
  if (!continues && spans.length < MAX_GAPS) return [...spans, span];
  return [...spans.slice(0, -1), { ...last, toMs: Math.max(last.toMs, span.toMs) }];
}
