import { MS_PER_S } from '../../base/units.ts';
import { cutAt, type OpenInterval, openInterval } from './interval.ts';

/** Monotonic now, and wall minus monotonic, ms. */
export interface WallClock {
  readonly nowMs: number;
  readonly offsetMs: number;
}

/** Intervals in the making, in every width; each width's oldest first: those in grace, then the running one. */
export type IntervalSeries = readonly WidthSeries[];

interface WidthSeries {
  readonly widthS: number;
  readonly intervals: readonly OpenInterval[];
}

/** An interval that is over, as it is to be published. */
export interface EndedInterval {
  readonly widthS: number;
  readonly interval: OpenInterval;
}

export interface SeriesStep {
  readonly open: IntervalSeries;
  readonly ended: readonly EndedInterval[];
}

export function openSeries(widthsS: readonly number[], clock: WallClock): IntervalSeries {
  return widthsS.map((widthS) => ({ widthS, intervals: [intervalFrom(widthS, clock)] }));
}

/**
 * Opens the intervals that have begun, so that what happened in them has a place. All widths end by the clocks as
 * they are now, so that one vehicle falls on the same side of a border that they share.
 */
export function beginSeries(open: IntervalSeries, { nowMs, offsetMs }: WallClock): IntervalSeries {
  const hasEnded = (running: OpenInterval | undefined): running is OpenInterval =>
    running !== undefined && running.endWallMs <= nowMs + offsetMs;
  if (!open.some(({ intervals }) => hasEnded(intervals.at(-1)))) return open;
  return open.map(({ widthS, intervals }) => {
    let begun = intervals;
    for (let last = begun.at(-1); hasEnded(last); last = begun.at(-1)) {
      const ended = { ...last, endMs: last.endWallMs - offsetMs };
      begun = [...begun.slice(0, -1), ended, intervalAfter(ended, widthS, offsetMs)];
    }
    return { widthS, intervals: begun };
  });
}

/** Takes out the intervals that have ended and whose grace time is over. */
export function takeEnded(open: IntervalSeries, nowMs: number, graceMs: number): SeriesStep {
  const isOver = ({ endMs }: OpenInterval, index: number, all: readonly OpenInterval[]): boolean =>
    index < all.length - 1 && endMs + graceMs <= nowMs;
  const ended = open.flatMap(({ widthS, intervals }) =>
    intervals.filter(isOver).map((interval) => ({ widthS, interval })),
  );
  if (ended.length === 0) return { open, ended };
  const running = open.map(({ widthS, intervals }) => ({
    widthS,
    intervals: intervals.filter((...each) => !isOver(...each)),
  }));
  return { open: running, ended };
}

/** Cuts every interval at this moment, because the clock stepped or the agent stops. */
export function cutSeries(open: IntervalSeries, clock: WallClock): SeriesStep {
  const ended = open.flatMap(({ widthS, intervals }) =>
    intervals
      .filter(({ startMs }) => startMs < clock.nowMs)
      .map((interval) => ({ widthS, interval: cutAt(interval, clock.nowMs) })),
  );
  return {
    open: openSeries(
      open.map(({ widthS }) => widthS),
      clock,
    ),
    ended,
  };
}

export function mapSeries(
  open: IntervalSeries,
  change: (intervals: readonly OpenInterval[]) => readonly OpenInterval[],
): IntervalSeries {
  return open.map(({ widthS, intervals }) => ({ widthS, intervals: change(intervals) }));
}

/** The place of the interval that holds a moment: the running one where none does any more. */
export function indexAt(intervals: readonly OpenInterval[], atMs: number): number {
  const holds = intervals.findIndex(({ startMs, endMs }) => atMs >= startMs && atMs < endMs);
  return holds >= 0 ? holds : intervals.length - 1;
}

/** The interval that starts now and ends at the next multiple of its width on the wall clock. */
function intervalFrom(widthS: number, { nowMs, offsetMs }: WallClock): OpenInterval {
  const widthMs = widthS * MS_PER_S;
  const startWallMs = Math.round(nowMs + offsetMs);
  const endWallMs = (Math.floor(startWallMs / widthMs) + 1) * widthMs;
  return openInterval({ startMs: nowMs, endMs: endWallMs - offsetMs, startWallMs, endWallMs });
}

/** The next one. Its bounds are those of the wall clock, however the readings of the two clocks jitter. */
function intervalAfter({ endMs, endWallMs }: OpenInterval, widthS: number, offsetMs: number): OpenInterval {
  const nextWallMs = endWallMs + widthS * MS_PER_S;
  const ends = { endMs: nextWallMs - offsetMs, endWallMs: nextWallMs };
  return openInterval({ startMs: endMs, startWallMs: endWallMs, ...ends });
}
