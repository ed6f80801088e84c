import type { VehicleDetection } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { Moment } from '../device-session.ts';
import { createDeviceClock, type Sighting } from './device-clock.ts';
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

export function createSs125Vehicles(channels: FrameDevicePlan['channels']): Ss125Vehicles {
  const clock = createDeviceClock({ wrapsAtMs: null, resolutionMs: 1 });
  let emptyMonoMs: number | null = null;
  /** Its stamp contradicts the others': damage if it stands alone, a clock that was set if the next one agrees. */
  let suspect: Seen | null = null;

  const sightingOf = ({ stampWallMs, durationMs }: Ss125Vehicle, { monoMs }: Moment): Sighting => ({
    deviceMs: stampWallMs,
    earliestMonoMs: (emptyMonoMs ?? -Infinity) - durationMs - QUEUE_DELAY_MS,
    latestMonoMs: monoMs - durationMs,
  });

  /** The vehicles that are believed with this one: none yet, it alone, or the one before as well. */
  const believe = (seen: Seen): readonly Seen[] => {
    const before = suspect;
    suspect = null;
    if (clock.agrees(seen.sighting)) {
      clock.learn(seen.sighting);
      return [seen];
    }
    suspect = seen;
    if (before === null || !canFollow(before.sighting, seen.sighting)) return [];
    clock.forget();
    for (const { sighting } of [before, seen]) clock.learn(sighting);
    suspect = null;
    return [before, seen];
  };

  const detectionOf = ({ vehicle, sighting }: Seen): readonly VehicleDetection[] => {
    const loop = channels.find(({ channel }) => channel === vehicle.lane + 1)?.loop;
    const moment = clock.monoOf(vehicle.stampWallMs, sighting.latestMonoMs + vehicle.durationMs);
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
    read: (vehicle, at) => believe({ vehicle, sighting: sightingOf(vehicle, at) }).flatMap(detectionOf),
    drained(askedMonoMs) {
      emptyMonoMs = askedMonoMs;
    },
  };
}

/** Whether one clock can have stamped both. */
function canFollow(before: Sighting, after: Sighting): boolean {
  const clock = createDeviceClock({ wrapsAtMs: null, resolutionMs: 1 });
  return clock.agrees(before, after);
}
