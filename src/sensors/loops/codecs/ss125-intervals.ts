import type { DeviceInterval } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { Moment } from '../device-session.ts';
import { createIntervalPlacement } from './interval-placement.ts';
import { decodeInterval, type Ss125Interval, type Ss125Units } from './ss125-records.ts';

/** Asks the sensor for the interval that it closed last. */
const NEWEST = 0;
/** Missed intervals that one ask fetches; the sensor answers slowly and the line is shared. */
const BACKFILL = 10;
/** The sensor's length bins have bounds, not names. */
const CLASS_NAMES = ['class-1', 'class-2', 'class-3', 'class-4'];

export interface IntervalPart {
  readonly number: number;
  readonly part: number;
}

export interface Ss125IntervalsRead {
  readonly part: number;
  readonly payload: Uint8Array;
  readonly units: Ss125Units;
  readonly periodS: number;
}

export type IntervalStep =
  | { readonly kind: 'damaged' }
  | {
      readonly kind: 'read';
      readonly observations: readonly DeviceInterval[];
      /** What is to be asked next; null when nothing is missing any more. */
      readonly next: IntervalPart | null;
    };

/** Knows which intervals have been reported, which were missed, and which lanes of one are still to come. */
export interface Ss125Intervals {
  begin(): IntervalPart;
  read(read: Ss125IntervalsRead, at: Moment): IntervalStep;
  /** The sensor has not got the interval any more. Null when that was the newest. */
  skip(): IntervalPart | null;
}

export function createSs125Intervals(channels: FrameDevicePlan['channels']): Ss125Intervals {
  const placement = createIntervalPlacement();
  const lastChannel = Math.max(...channels.map((it) => it.channel));
  let reported: number | null = null;
  /** Numbers to fetch, oldest first. */
  let wanted: readonly number[] = [];
  let parts: readonly Ss125Interval[] = [];

  const nextWanted = (): IntervalPart | null => {
    parts = [];
    const number = wanted[0];
    return number === undefined ? null : { number, part: 0 };
  };

  const finish = ({ periodS }: Ss125IntervalsRead, at: Moment): readonly DeviceInterval[] => {
    const [first] = parts;
    if (first === undefined) return [];
    reported = first.number;
    wanted = wanted.filter((number) => number !== first.number);
    const toMs = placement.endOf({ endWallMs: first.endWallMs, periodMs: periodS * 1000 }, at);
    return channels.flatMap(({ channel, loop }) => {
      const lane = parts[channel - 1];
      return lane === undefined ? [] : [intervalOf(lane, { loop, toMs, periodS })];
    });
  };

  return {
    begin() {
      [wanted, parts] = [[], []];
      return { number: NEWEST, part: 0 };
    },
    read(read, at) {
      const lane = decodeInterval(read.payload, read.units);
      const [first] = parts;
      if (lane === null || lane.number === NEWEST) return { kind: 'damaged' };
      if (first !== undefined && !isSameInterval(first, lane)) return { kind: 'damaged' };
      if (wanted.length === 0) {
        if (lane.number === reported) return { kind: 'read', observations: [], next: null };
        wanted = missedUntil(lane.number, reported);
        if (wanted.length > 1) return { kind: 'read', observations: [], next: nextWanted() };
      }
      if (lane.number !== wanted[0]) return { kind: 'damaged' };
      parts = [...parts, lane];
      if (parts.length < Math.min(lastChannel, lane.lanes + lane.approaches)) {
        return { kind: 'read', observations: [], next: { number: lane.number, part: parts.length } };
      }
      const observations = finish(read, at);
      return { kind: 'read', observations, next: nextWanted() };
    },
    skip() {
      wanted = wanted.slice(1);
      return nextWanted();
    },
  };
}

/** A number that fell means that the sensor's memory was cleared. */
function missedUntil(newest: number, reported: number | null): readonly number[] {
  const missed = reported === null || newest < reported ? 0 : newest - reported - 1;
  const count = Math.min(missed, BACKFILL) + 1;
  return Array.from({ length: count }, (_, index) => newest - count + 1 + index);
}

function isSameInterval(one: Ss125Interval, other: Ss125Interval): boolean {
  return one.number === other.number && one.endWallMs === other.endWallMs && one.lanes === other.lanes;
}

function intervalOf(
  lane: Ss125Interval,
  { loop, toMs, periodS }: { readonly loop: string; readonly toMs: number; readonly periodS: number },
): DeviceInterval {
  const inClasses = lane.classCounts.reduce((sum, count) => sum + count, 0);
  return {
    kind: 'device-interval',
    loop,
    fromMs: toMs - periodS * 1000,
    toMs,
    count: lane.count,
    occupancyPct: lane.occupancyPct,
    meanSpeedKmh: lane.speedKmh,
    speed85Kmh: lane.speed85Kmh,
    meanHeadwayS: lane.headwayS,
    meanGapS: lane.gapS,
    meanLengthM: null,
    classCounts:
      inClasses > lane.count
        ? null
        : Object.fromEntries(CLASS_NAMES.map((name, index) => [name, lane.classCounts[index] ?? 0])),
  };
}
