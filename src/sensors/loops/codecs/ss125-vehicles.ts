import type { VehicleDetection } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { Moment } from '../device-session.ts';
import { createDeviceClock } from './device-clock.ts';
import type { Ss125Vehicle } from './ss125-records.ts';

/** From the vehicle's leaving to its place in the queue; not described, so it is allowed for. */
const QUEUE_DELAY_MS = 1000;

export interface Ss125Vehicles {
  read(vehicle: Ss125Vehicle, at: Moment): readonly VehicleDetection[];
  /** The queue was empty when it was last asked: what comes later happened later. */
  drained(askedMonoMs: number): void;
}

export function createSs125Vehicles(channels: FrameDevicePlan['channels']): Ss125Vehicles {
  const clock = createDeviceClock({ wrapsAtMs: null, resolutionMs: 1 });
  let emptyMonoMs: number | null = null;

  const momentOf = ({ stampWallMs, durationMs }: Ss125Vehicle, at: Moment) => {
    const earliestMonoMs = (emptyMonoMs ?? -Infinity) - durationMs - QUEUE_DELAY_MS;
    const sighting = { deviceMs: stampWallMs, earliestMonoMs, latestMonoMs: at.monoMs };
    if (!clock.agrees(sighting)) clock.forget();
    clock.learn(sighting);
    return clock.monoOf(stampWallMs, at.monoMs);
  };

  return {
    read(vehicle, at) {
      const loop = channels.find(({ channel }) => channel === vehicle.lane + 1)?.loop;
      const moment = momentOf(vehicle, at);
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
    },
    drained(askedMonoMs) {
      emptyMonoMs = askedMonoMs;
    },
  };
}
