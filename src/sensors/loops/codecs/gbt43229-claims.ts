import type { DeviceInterval, SensorFault } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import { createChannelFault } from '../channel-fault.ts';
import type { Moment } from '../device-session.ts';
import { type ChannelStatistics, parseStatistics, parseStatus, type Statistics } from './gbt43229-content.ts';
import { placeLocalStamp } from './local-stamp.ts';

/** A stamp is believed within two periods, if that cannot be taken for another quarter of an hour. */
const STAMP_TOLERANCE_MAX_MS = 300_000;
/** Intervals of one channel that are remembered, to know one that is told again. */
const REMEMBERED_INTERVALS = 16;

/** What contents say about the loops of one device. */
export interface Gbt43229Claims {
  /** Null when the content cannot be understood. An interval that was told before is not told again. */
  statistics(content: Uint8Array, at: Moment): readonly DeviceInterval[] | null;
  status(content: Uint8Array, at: Moment): readonly SensorFault[] | null;
}

export function createGbt43229Claims(plan: FrameDevicePlan): Gbt43229Claims {
  const loops = new Map(plan.channels.map(({ channel, loop }) => [channel, loop]));
  const faults = new Map(
    plan.channels.map(({ channel, loop }) => [channel, createChannelFault({ loop, code: 'loop-fault' })]),
  );
  const told = new Map<number, readonly string[]>();

  const isNew = (channel: number, { startMs, endMs }: Statistics): boolean => {
    const known = told.get(channel) ?? [];
    const interval = `${startMs}-${endMs}`;
    if (known.includes(interval)) return false;
    told.set(channel, [...known, interval].slice(-REMEMBERED_INTERVALS));
    return true;
  };
  return {
    statistics(content, at) {
      const statistics = parseStatistics(content);
      if (statistics === null) return null;
      const widthMs = statistics.endMs - statistics.startMs;
      const toleranceMs = Math.min(2 * widthMs, STAMP_TOLERANCE_MAX_MS);
      const toMs = placeLocalStamp(statistics.endMs, { at, toleranceMs });
      return statistics.channels.flatMap((channel) => {
        const loop = loops.get(channel.channel);
        if (loop === undefined || !isNew(channel.channel, statistics)) return [];
        return [intervalOf(channel, { loop, fromMs: toMs - widthMs, toMs })];
      });
    },
    status(content, at) {
      const states = parseStatus(content);
      if (states === null) return null;
      return states.flatMap(({ channel, isNormal }) => {
        return isNormal === null ? [] : (faults.get(channel)?.see(!isNormal, at.monoMs) ?? []);
      });
    },
  };
}

function intervalOf(
  { channel: _, ...figures }: ChannelStatistics,
  interval: Pick<DeviceInterval, 'loop' | 'fromMs' | 'toMs'>,
): DeviceInterval {
  const { classCounts } = figures;
  const count = classCounts === null ? null : classCounts.a + classCounts.b + classCounts.c;
  return { kind: 'device-interval', ...interval, ...figures, count, speed85Kmh: null };
}
