import type { DeviceInterval, SensorSampling } from '../observations/observation.ts';
import type { TravelSpeed } from '../passages/dual-loop.ts';
import type { CompletedPassage } from '../passages/passage.ts';
import type { Pulse } from '../passages/pulse.ts';
import type { FlowInterval } from '../record.ts';
import type { Span } from '../span.ts';
import { closeInterval } from './close-interval.ts';
import { addDeviceInterval } from './device-tally.ts';
import type { EffectiveLength } from './effective-length.ts';
import { addCounted, addDistrust, addSampling, type OpenInterval, spanOf } from './interval.ts';
import {
  beginSeries,
  cutSeries,
  type IntervalSeries,
  indexAt,
  mapSeries,
  openSeries,
  type SeriesStep,
  takeEnded,
  type WallClock,
} from './interval-series.ts';
import type { LaneMeasure } from './measure.ts';
import { addAccumulated, addPresence, lastingPresence, type Presence } from './occupied-tally.ts';
import { addQueue } from './queue-tally.ts';
import { addLate, addTravel, addVehicle, type Headway } from './vehicle-tally.ts';

/** One sensor's measure of one lane, in every configured interval width at once. */
export interface LaneFlow {
  readonly measure: LaneMeasure;
  readonly source: LaneMeasure['source'];
  /** Id of the loop that is the reference at present, or of the camera. */
  readonly sensor: string;
  readonly open: IntervalSeries;
  /** Until when readings have come; a state is not believed beyond it. */
  readonly receivedToMs: number;
  /** Edges of the vehicle before, for headway and gap; null when it is unknown. */
  readonly lastFrontMs: number | null;
  readonly lastRearMs: number | null;
  /** Vehicles in the lane's direction since the agent started; for the console, not a record. */
  readonly totalCount: number;
  readonly lastSpeedKmh: number | null;
}

/** What closing an interval needs to know beside it. */
export interface Closing {
  /** The presence that the reference loop has begun and not ended yet, else null. */
  readonly open: Pulse | null;
  readonly effectiveLength: EffectiveLength | null;
}

export const NOTHING_OPEN: Closing = { open: null, effectiveLength: null };

export interface FlowClosed {
  readonly flow: LaneFlow;
  readonly closed: readonly FlowInterval[];
}

export function openLaneFlow(
  of: Pick<LaneFlow, 'measure' | 'sensor'>,
  widthsS: readonly number[],
  clock: WallClock,
): LaneFlow {
  return {
    ...of,
    source: of.measure.source,
    open: openSeries(widthsS, clock),
    receivedToMs: clock.nowMs,
    lastFrontMs: null,
    lastRearMs: null,
    totalCount: 0,
    lastSpeedKmh: null,
  };
}

/** Adds a completed passage to the interval of its completion; if that was published, it is declared late. */
export function flowPassage(flow: LaneFlow, passage: CompletedPassage): { flow: LaneFlow; headway: Headway } {
  const follows = passage.direction === 'forward' && !passage.counterOnly;
  const headway: Headway = {
    headwayMs: follows ? after(flow.lastFrontMs, passage.frontMs) : null,
    gapMs: follows ? after(flow.lastRearMs, passage.frontMs) : null,
  };
  const atMs = passage.completedMs;
  const counted = mapWidths(flow, (intervals) => {
    const late = atMs < (intervals[0]?.startMs ?? 0);
    const at = indexAt(intervals, atMs);
    return intervals.map((interval, index) =>
      index !== at
        ? interval
        : {
            ...tallied(interval, atMs),
            vehicles: late
              ? addLate(interval.vehicles, passage)
              : addVehicle(interval.vehicles, passage, headway),
          },
    );
  });
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

/** A vehicle that had been counted before has left the station: its speed belongs to the interval of that moment. */
export function flowTravel(
  flow: LaneFlow,
  left: { readonly atMs: number; readonly travel: TravelSpeed },
): LaneFlow {
  const { atMs, travel } = left;
  return everyInterval(flow, (interval) =>
    atMs < interval.startMs || atMs >= interval.endMs
      ? interval
      : { ...tallied(interval, atMs), vehicles: addTravel(interval.vehicles, travel) },
  );
}

/** A device that stamps its vehicles coarsely may tell them out of their order: then nothing lies between them. */
function after(leaderMs: number | null, frontMs: number): number | null {
  return leaderMs === null || frontMs < leaderMs ? null : frontMs - leaderMs;
}

/** Adds a stretch during which the reference loop was occupied, clipped to each interval. */
export function flowPresence(flow: LaneFlow, presence: Presence): LaneFlow {
  return everyInterval(flow, (interval) => withPresence(interval, presence));
}

function withPresence(interval: OpenInterval, presence: Presence): OpenInterval {
  const occupied = addPresence(interval.occupied, presence, spanOf(interval));
  return occupied === interval.occupied ? interval : { ...tallied(interval, presence.toMs), occupied };
}

function tallied(interval: OpenInterval, toMs: number): OpenInterval {
  return { ...interval, talliedToMs: Math.max(interval.talliedToMs, Math.min(toMs, interval.endMs)) };
}

/** Adds the time that a card's accumulator counted between two readings. */
export function flowAccumulated(flow: LaneFlow, difference: Span & { occupiedMs: number }): LaneFlow {
  return everyInterval(flow, (interval) => ({
    ...interval,
    occupied: addAccumulated(interval.occupied, difference, spanOf(interval)),
  }));
}

/** A card's counter has lost no vehicle in this span. */
export function flowCounted(flow: LaneFlow, span: Span): LaneFlow {
  return everyInterval(flow, (interval) => addCounted(interval, span));
}

/** Adds a device's own interval to that interval of each width which holds its middle. */
export function flowDeviceInterval(flow: LaneFlow, told: DeviceInterval): LaneFlow {
  const middleMs = (told.fromMs + told.toMs) / 2;
  const vehicles = told.count ?? 0;
  const added = mapWidths(flow, (intervals) => {
    const late = middleMs < (intervals[0]?.startMs ?? 0);
    const running = intervals.length - 1;
    return intervals.map((interval, index) => {
      if (late && index === running) {
        const lateCount = interval.vehicles.lateCount + vehicles;
        return { ...interval, vehicles: { ...interval.vehicles, lateCount } };
      }
      const holds = middleMs >= interval.startMs && middleMs < interval.endMs;
      return holds
        ? { ...tallied(interval, told.toMs), device: addDeviceInterval(interval.device, told) }
        : interval;
    });
  });
  return {
    ...added,
    totalCount: flow.totalCount + vehicles,
    lastSpeedKmh: told.meanSpeedKmh ?? flow.lastSpeedKmh,
  };
}

/** A camera has seen a queue of this length for this long. */
export function flowQueue(flow: LaneFlow, queue: Span & { readonly lengthM: number }): LaneFlow {
  return everyInterval(flow, (interval) => {
    const seen = addQueue(interval.queue, queue, spanOf(interval));
    return seen === interval.queue ? interval : { ...interval, queue: seen };
  });
}

export function flowSampling(flow: LaneFlow, sampling: SensorSampling): LaneFlow {
  const sampled = everyInterval(flow, (interval) => addSampling(interval, sampling));
  if (sampling.received > 0) return { ...sampled, receivedToMs: Math.max(flow.receivedToMs, sampling.toMs) };
  return forgetLeader(sampled);
}

/** The detector was not believed in this span, and the vehicle before the next one is not known. */
export function flowDistrust(flow: LaneFlow, span: Span): LaneFlow {
  return everyInterval(forgetLeader(flow), (interval) => addDistrust(interval, span));
}

/** Who passed last is not known any more, so the next vehicle has no headway. */
export function forgetLeader(flow: LaneFlow): LaneFlow {
  return { ...flow, lastFrontMs: null, lastRearMs: null };
}

/** Opens the intervals that have begun. */
export function beginIntervals(flow: LaneFlow, clock: WallClock): LaneFlow {
  const open = beginSeries(flow.open, clock);
  return open === flow.open ? flow : { ...flow, open };
}

/** Closes the intervals that have ended and whose grace time is over. */
export function closeIntervals(flow: LaneFlow, { nowMs }: WallClock, closing: Closing): FlowClosed {
  return closed(flow, takeEnded(flow.open, nowMs, flow.measure.graceMs), closing);
}

/** Cuts every running interval at this moment, because the clock stepped or the agent stops. */
export function cutIntervals(flow: LaneFlow, clock: WallClock, closing: Closing): FlowClosed {
  return closed(flow, cutSeries(flow.open, clock), closing);
}

function closed(flow: LaneFlow, { open, ended }: SeriesStep, closing: Closing): FlowClosed {
  if (ended.length === 0 && open === flow.open) return { flow, closed: [] };
  return {
    flow: { ...flow, open },
    closed: ended.map(({ widthS, interval }) => close(flow, widthS, interval, closing)),
  };
}

function close(flow: LaneFlow, widthS: number, interval: OpenInterval, closing: Closing): FlowInterval {
  const { measure, sensor, receivedToMs } = flow;
  const whole =
    closing.open === null ? interval : withPresence(interval, lastingPresence(closing.open, receivedToMs));
  return closeInterval(whole, { measure, sensor, widthS, effectiveLength: closing.effectiveLength });
}

function everyInterval(flow: LaneFlow, change: (interval: OpenInterval) => OpenInterval): LaneFlow {
  return mapWidths(flow, (intervals) => intervals.map(change));
}

function mapWidths(
  flow: LaneFlow,
  change: (intervals: readonly OpenInterval[]) => readonly OpenInterval[],
): LaneFlow {
  return { ...flow, open: mapSeries(flow.open, change) };
}
