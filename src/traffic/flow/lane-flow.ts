import { MS_PER_S } from '../../base/units.ts';
import type { GapCause, SensorSampling } from '../observations/observation.ts';
import type { CompletedPassage } from '../passages/passage.ts';
import type { FlowInterval } from '../record.ts';
import {
  addDistrust,
  addOccupied,
  addPassage,
  addSampling,
  closeInterval,
  type IntervalOf,
  type OpenInterval,
  openInterval,
} from './interval.ts';

/** An interval stays open this long after its end for what is still on its way from the sensors. */
export const GRACE_MS = 2000;

/** One sensor's measure of one lane, in every configured interval width at once. */
export interface LaneFlow {
  readonly lane: string;
  readonly source: 'loop' | 'camera';
  readonly sensor: string;
  /** Per width, oldest first: the running interval and, during the grace time, the one before. */
  readonly open: readonly { readonly widthS: number; readonly intervals: readonly OpenInterval[] }[];
  /** Until when readings have come; a state is not believed beyond it. */
  readonly receivedToMs: number;
  /** Edges of the vehicle before, for headway and gap; null when it is unknown. */
  readonly lastFrontMs: number | null;
  readonly lastRearMs: number | null;
  /** Vehicles in the lane's direction since the agent started; for the console, not a record. */
  readonly totalCount: number;
  readonly lastSpeedKmh: number | null;
}

export interface WallClock {
  readonly nowMs: number;
  /** Wall minus monotonic, ms. */
  readonly offsetMs: number;
}

export function openLaneFlow(
  of: Pick<LaneFlow, 'lane' | 'source' | 'sensor'>,
  widthsS: readonly number[],
  clock: WallClock,
): LaneFlow {
  return {
    ...of,
    open: widthsS.map((widthS) => ({
      widthS,
      intervals: [intervalFrom(widthS, clock.nowMs, clock.offsetMs)],
    })),
    receivedToMs: clock.nowMs,
    lastFrontMs: null,
    lastRearMs: null,
    totalCount: 0,
    lastSpeedKmh: null,
  };
}

/** The interval that starts at `startMs` and ends at the next multiple of its width on the wall clock. */
function intervalFrom(widthS: number, startMs: number, offsetMs: number): OpenInterval {
  const widthMs = widthS * MS_PER_S;
  const startWallMs = Math.round(startMs + offsetMs);
  const endWallMs = (Math.floor(startWallMs / widthMs) + 1) * widthMs;
  return openInterval({ startMs, endMs: startMs + endWallMs - startWallMs, startWallMs });
}

export interface Headway {
  readonly headwayMs: number | null;
  readonly gapMs: number | null;
}

/** Adds a completed passage to the interval of its completion. */
export function flowPassage(flow: LaneFlow, passage: CompletedPassage): { flow: LaneFlow; headway: Headway } {
  const follows = passage.direction === 'forward' && !passage.counterOnly;
  const headway: Headway = {
    headwayMs: follows && flow.lastFrontMs !== null ? passage.frontMs - flow.lastFrontMs : null,
    gapMs: follows && flow.lastRearMs !== null ? passage.frontMs - flow.lastRearMs : null,
  };
  const counted = atMoment(flow, passage.completedMs, (interval) =>
    addPassage(interval, passage, headway.headwayMs),
  );
  return {
    flow: {
      ...counted,
      lastFrontMs: follows ? passage.frontMs : null,
      lastRearMs: follows ? passage.rearMs : null,
      totalCount: flow.totalCount + (passage.direction === 'forward' ? 1 : 0),
      lastSpeedKmh: passage.speedKmh ?? flow.lastSpeedKmh,
    },
    headway,
  };
}

/** Adds the time a loop was occupied, clipped to each interval. */
export function flowOccupied(flow: LaneFlow, span: { fromMs: number; toMs: number }): LaneFlow {
  return everyInterval(flow, (interval) => addOccupied(interval, span));
}

export function flowSampling(flow: LaneFlow, sampling: SensorSampling): LaneFlow {
  const sampled = everyInterval(flow, (interval) => addSampling(interval, sampling));
  if (sampling.received > 0) return { ...sampled, receivedToMs: Math.max(flow.receivedToMs, sampling.toMs) };
  // Who passed in silence is unknown, so the next vehicle has no headway.
  return { ...sampled, lastFrontMs: null, lastRearMs: null };
}

export function flowDistrust(
  flow: LaneFlow,
  span: { fromMs: number; toMs: number },
  cause: GapCause,
): LaneFlow {
  return everyInterval(flow, (interval) => addDistrust(interval, span, cause));
}

/**
 * Lets time pass: opens the intervals that have begun and closes those whose grace time is over.
 *
 * @param occupiedSinceMs when the reference loop was last entered and not left yet, else null
 */
export function advanceFlow(
  flow: LaneFlow,
  clock: WallClock,
  occupiedSinceMs: number | null,
): { flow: LaneFlow; closed: readonly FlowInterval[] } {
  const closed: FlowInterval[] = [];
  const open = flow.open.map(({ widthS, intervals }) => {
    const begun = beginIntervals(widthS, intervals, clock);
    const done = begun.filter((interval) => interval.endMs + GRACE_MS <= clock.nowMs);
    closed.push(...done.map((interval) => close(flow, widthS, interval, occupiedSinceMs)));
    return { widthS, intervals: done.length === 0 ? begun : begun.slice(done.length) };
  });
  return { flow: { ...flow, open }, closed };
}

/** Cuts every running interval at this moment, because the clock stepped or the agent stops. */
export function cutFlow(
  flow: LaneFlow,
  clock: WallClock,
  occupiedSinceMs: number | null,
): { flow: LaneFlow; closed: readonly FlowInterval[] } {
  const closed = flow.open.flatMap(({ widthS, intervals }) =>
    intervals
      .map((interval) => ({ ...interval, endMs: Math.min(interval.endMs, clock.nowMs) }))
      .filter((interval) => interval.endMs > interval.startMs)
      .map((interval) => close(flow, widthS, interval, occupiedSinceMs)),
  );
  const open = flow.open.map(({ widthS }) => ({
    widthS,
    intervals: [intervalFrom(widthS, clock.nowMs, clock.offsetMs)],
  }));
  return { flow: { ...flow, open }, closed };
}

function beginIntervals(
  widthS: number,
  intervals: readonly OpenInterval[],
  clock: WallClock,
): readonly OpenInterval[] {
  let begun = intervals;
  for (let last = begun.at(-1); last !== undefined && last.endMs <= clock.nowMs; last = begun.at(-1)) {
    begun = [...begun, intervalFrom(widthS, last.endMs, clock.offsetMs)];
  }
  return begun;
}

function close(
  flow: LaneFlow,
  widthS: number,
  interval: OpenInterval,
  occupiedSinceMs: number | null,
): FlowInterval {
  const of: IntervalOf = {
    lane: flow.lane,
    source: flow.source,
    sensor: flow.sensor,
    widthS,
    hasOccupancy: flow.source === 'loop',
  };
  const toMs = Math.min(interval.endMs, flow.receivedToMs);
  const whole =
    occupiedSinceMs === null ? interval : addOccupied(interval, { fromMs: occupiedSinceMs, toMs });
  return closeInterval(whole, of);
}

function everyInterval(flow: LaneFlow, change: (interval: OpenInterval) => OpenInterval): LaneFlow {
  return {
    ...flow,
    open: flow.open.map(({ widthS, intervals }) => ({ widthS, intervals: intervals.map(change) })),
  };
}

/** Changes the interval that holds a moment; what comes later than the grace time goes into the oldest one. */
function atMoment(flow: LaneFlow, atMs: number, change: (interval: OpenInterval) => OpenInterval): LaneFlow {
  const open = flow.open.map(({ widthS, intervals }) => {
    const holds = intervals.findIndex((interval) => atMs >= interval.startMs && atMs < interval.endMs);
    const at = holds >= 0 ? holds : atMs < (intervals[0]?.startMs ?? 0) ? 0 : intervals.length - 1;
    return { widthS, intervals: intervals.map((interval, i) => (i === at ? change(interval) : interval)) };
  });
  return { ...flow, open };
}
