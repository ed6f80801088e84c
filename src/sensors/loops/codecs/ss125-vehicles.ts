import type { VehicleDetection } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { Moment } from '../device-session.ts';
import { createDeviceClock, type DeviceClock, type Sighting } from './device-clock.ts';
import type { Ss125Vehicle } from './ss125-records.ts';

/** From the vehicle's leaving to its place in the queue; not described, so it is allowed for. */
const QUEUE_DELAY_MS = 1000;

export interface Ss125Vehicles {
  read(vehicle: Ss125Vehicle, at: Moment): readonly VehicleDetection[];
  /** The queue was empty when it was last asked: what comes later happened later. */
  drained(askedMonoMs: number): void;
}

interface Seen {
  readonly vehicle: Ss125Vehicle;
  readonly sighting: Sighting;
}

/** When a vehicle came; null where nobody knows. */
type Placed = { readonly atMs: number; readonly uncertaintyMs: number } | null;

export function createSs125Vehicles(channels: FrameDevicePlan['channels']): Ss125Vehicles {
  const clock = createSensorClock();
  let emptyMonoMs: number | null = null;
  /** Its stamp contradicts the others': damage if it stands alone, a clock that was set if the next one agrees. */
  let suspect: Seen | null = null;

  const sightingOf = ({ stampWallMs, durationMs }: Ss125Vehicle, { monoMs }: Moment): Sighting => ({
    deviceMs: stampWallMs,
    earliestMonoMs: (emptyMonoMs ?? -Infinity) - durationMs - QUEUE_DELAY_MS,
    latestMonoMs: monoMs - durationMs,
  });

  /** The vehicles that are believed with this one: none yet, it alone, or the one before as well. */
  const believe = (seen: Seen): readonly (readonly [Seen, Placed])[] => {
    const before = suspect;
    suspect = null;
    if (clock.agrees(seen.sighting)) {
      clock.learn(seen.sighting);
      return [[seen, placed(seen)]];
    }
    suspect = seen;
    if (before === null) return [];
    const isOneClock = createSensorClock().agrees(before.sighting, seen.sighting);
    suspect = null;
    clock.forget();
    for (const { sighting } of isOneClock ? [before, seen] : [seen]) clock.learn(sighting);
    // Two in a row are not damage. Where no clock holds for both, the first one came in its window.
    return [
      [before, isOneClock ? placed(before) : middleOf(before.sighting)],
      [seen, placed(seen)],
    ];
  };

  const placed = ({ vehicle, sighting }: Seen): Placed =>
    clock.monoOf(vehicle.stampWallMs, sighting.latestMonoMs + vehicle.durationMs);

  const detectionOf = ({ vehicle }: Seen, moment: Placed): readonly VehicleDetection[] => {
    const loop = channels.find(({ channel }) => channel === vehicle.lane + 1)?.loop;
    // The queue as it was found at first: nobody knows how old these are.
    if (loop === undefined || moment === null) return [];
    const { speedKmh } = vehicle;
    return [
      {
        kind: 'vehicle-detection',
        loop,
        ...moment,
        direction: speedKmh !== null && speedKmh < 0 ? 'reverse' : 'forward',
        onTimeMs: vehicle.durationMs,
        speedKmh: speedKmh === null ? null : Math.abs(speedKmh),
        lengthM: vehicle.lengthM,
        class: null,
        missedBefore: 0,
      },
    ];
  };

  return {
    read: (vehicle, at) =>
      believe({ vehicle, sighting: sightingOf(vehicle, at) }).flatMap((it) => detectionOf(...it)),
    drained(askedMonoMs) {
      emptyMonoMs = askedMonoMs;
    },
  };
}

function createSensorClock(): DeviceClock {
  return createDeviceClock({ wrapsAtMs: null, resolutionMs: 1 });
}

function middleOf({ earliestMonoMs, latestMonoMs }: Sighting): Placed {
  if (!Number.isFinite(earliestMonoMs)) return null;
  return { atMs: (earliestMonoMs + latestMonoMs) / 2, uncertaintyMs: (latestMonoMs - earliestMonoMs) / 2 };
}
