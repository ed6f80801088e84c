import type { LoopTransition, Observation } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import { type ChannelRecord, COUNTS, isUntouched, UPTIME_WRAPS_AT_MS } from './canoga-frames.ts';
import { createDeviceClock, type Sighting } from './device-clock.ts';

/** The answer may be this much behind the road: the card's own filtering between edge and record. */
const RECORD_DELAY_MS = 250;

/** Two presences closer than this are one, or a loop that chatters: a counter does not run faster. */
const LEAST_HEADWAY_MS = 100;

/** What one poll said, and between which moments of ours the card said it. */
export interface Snapshot {
  readonly records: readonly ChannelRecord[];
  readonly askedMonoMs: number;
  readonly receivedMonoMs: number;
}

/** Makes vehicles and counts of what changed from poll to poll. */
export interface CanogaVehicles {
  /** Edges of all channels in order of time, then the counters; or the answer cannot follow the one before. */
  follow(snapshot: Snapshot): readonly Observation[] | 'contradiction';
}

type Within = Pick<Sighting, 'earliestMonoMs' | 'latestMonoMs'>;

export function createCanogaVehicles(channels: FrameDevicePlan['channels']): CanogaVehicles {
  const clock = createDeviceClock({ wrapsAtMs: UPTIME_WRAPS_AT_MS, resolutionMs: 1 });
  const lastOffMs = new Map<string, number>();
  let before: Snapshot | null = null;
  /** It contradicts `before`: damage if it stands alone, a reset if the next answer continues it. */
  let suspect: Snapshot | null = null;

  /** A first answer claims no vehicle: nobody knows when it was. */
  const beginWith = (is: Snapshot): readonly Observation[] => {
    clock.forget();
    const within = { earliestMonoMs: -Infinity, latestMonoMs: is.receivedMonoMs };
    for (const record of is.records) if (!isUntouched(record)) clock.learn(sightingOf(record, within));
    [before, suspect] = [is, null];
    return [];
  };

  const edgesOf = (loop: string, record: ChannelRecord, within: Within): readonly LoopTransition[] => {
    const { earliestMonoMs, latestMonoMs } = within;
    const left = clock.monoOf(offStampMs(record), latestMonoMs) ?? {
      atMs: (earliestMonoMs + latestMonoMs) / 2,
      uncertaintyMs: (latestMonoMs - earliestMonoMs) / 2,
    };
    // The offset moves as it is learned better; a loop cannot go on before it went off.
    const onMs = Math.max(left.atMs - record.durationMs, lastOffMs.get(loop) ?? -Infinity);
    lastOffMs.set(loop, left.atMs);
    // The card measures durations and distances by itself; only where it is on our clock has to be found out.
    const known = {
      uncertaintyMs: clock.unsteadyMs(latestMonoMs),
      clockUncertaintyMs: left.uncertaintyMs,
    };
    const edge = { kind: 'loop-transition', loop, found: false, ...known } as const;
    return [
      { ...edge, occupied: true, atMs: Math.min(onMs, left.atMs) },
      { ...edge, occupied: false, atMs: left.atMs },
    ];
  };

  return {
    follow(is) {
      if (before === null) return beginWith(is);
      const was = before;
      const isNew = (record: ChannelRecord, index: number): boolean =>
        !isUntouched(record) && record.startMs !== was.records[index]?.startMs;
      const within = { earliestMonoMs: was.askedMonoMs - RECORD_DELAY_MS, latestMonoMs: is.receivedMonoMs };
      const sightings = is.records.filter(isNew).map((record) => sightingOf(record, within));
      if (!isContinuation(was, is) || !clock.agrees(...sightings)) {
        if (suspect !== null && isContinuation(suspect, is)) return beginWith(is);
        suspect = is;
        return 'contradiction';
      }
      for (const sighting of sightings) clock.learn(sighting);
      const edges = channels.flatMap(({ channel, loop }) => {
        const record = is.records[channel - 1];
        return record !== undefined && isNew(record, channel - 1) ? edgesOf(loop, record, within) : [];
      });
      [before, suspect] = [is, null];
      return [...edges.toSorted((one, other) => one.atMs - other.atMs), ...countersOf(channels, is)];
    },
  };
}

/**
 * A vehicle has one start and one count: both change or neither (IRIS, DetectionEvent). It came onto the loop
 * after the one before had left, and no more have come than there was time for.
 */
function isContinuation(was: Snapshot, is: Snapshot): boolean {
  const mostVehicles = 1 + (is.receivedMonoMs - was.askedMonoMs + RECORD_DELAY_MS) / LEAST_HEADWAY_MS;
  return is.records.every((record, index) => {
    const earlier = was.records[index];
    if (earlier === undefined) return true;
    const { count, startMs, durationMs } = record;
    if (count === earlier.count) return startMs === earlier.startMs && durationMs === earlier.durationMs;
    const vehicles = (count - earlier.count + COUNTS) % COUNTS;
    const sinceMs = (startMs - offStampMs(earlier) + UPTIME_WRAPS_AT_MS) % UPTIME_WRAPS_AT_MS;
    return vehicles <= mostVehicles && (isUntouched(earlier) || sinceMs < UPTIME_WRAPS_AT_MS / 2);
  });
}

function sightingOf(record: ChannelRecord, within: Within): Sighting {
  return { deviceMs: offStampMs(record), ...within };
}

function offStampMs({ startMs, durationMs }: ChannelRecord): number {
  return (startMs + durationMs) % UPTIME_WRAPS_AT_MS;
}

function countersOf(
  channels: FrameDevicePlan['channels'],
  { records, receivedMonoMs }: Snapshot,
): readonly Observation[] {
  return channels.flatMap(({ channel, loop }) => {
    const count = records[channel - 1]?.count;
    const known = { kind: 'loop-counters', loop, bits: 8, nonVolatile: false, atMs: receivedMonoMs } as const;
    return count === undefined ? [] : [{ ...known, count }];
  });
}
