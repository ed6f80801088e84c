import { round } from '../../../base/units.ts';
import type { VehicleDetection } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { Moment } from '../device-session.ts';
import { createDeviceClock } from './device-clock.ts';
import { decodeStamp } from './rtms-g4-statistics.ts';

const RECORD_BYTES = 15;
/** A record is never later than this (IRIS: VALID_AGE_MS); an older stamp means that the clock was set. */
const LATEST_MS = 3_600_000;
/** From the vehicle's leaving the zone to the record's arrival. */
const DELIVERY_MS = 500;
/** A line that repeats itself repeats what it said just before. */
const REMEMBERED = 32;
const STAMP_RESOLUTION_MS = 1000;
const LARGEST_SPEED = 200;
const LARGEST_CLASS = 5;
const KMH_PER_MPH = 1.609344;

export interface G4VehicleReader {
  /** Null for a zone that nobody has configured, a record that has been read before, and one that has no time. */
  read(data: Uint8Array, at: Moment): VehicleDetection | 'damaged' | null;
}

/**
 * Per-vehicle records: zone (from 0), class, length dm, speed, dwell ms, stamp, unit of the speed. The stamp's
 * fraction is not described, so it is not used: a record is placed by its arrival, and by the stamp only when
 * it comes late.
 */
export function createG4VehicleReader(channels: FrameDevicePlan['channels']): G4VehicleReader {
  const clock = createDeviceClock({ wrapsAtMs: null, resolutionMs: STAMP_RESOLUTION_MS });
  let recent: readonly string[] = [];
  /** Null when nobody can tell: the first record of a sensor that has another time than we have. */
  const leftAt = (stampMs: number, at: Moment): { atMs: number; uncertaintyMs: number } | null => {
    const sighting = { deviceMs: stampMs, earliestMonoMs: at.monoMs - DELIVERY_MS, latestMonoMs: at.monoMs };
    const mapped = clock.monoOf(stampMs, at.monoMs);
    const isLate = mapped !== null && mapped.atMs < at.monoMs && mapped.atMs > at.monoMs - LATEST_MS;
    if (!clock.agrees(sighting)) {
      if (isLate) return mapped;
      clock.forget();
    }
    clock.learn(sighting);
    if (mapped === null && Math.abs(at.wallMs - stampMs) > DELIVERY_MS + 2 * STAMP_RESOLUTION_MS) return null;
    return { atMs: at.monoMs - DELIVERY_MS / 2, uncertaintyMs: DELIVERY_MS / 2 };
  };
  return {
    read(data, at) {
      if (data.length !== RECORD_BYTES) return 'damaged';
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      const stampMs = decodeStamp(data.subarray(7, 14));
      const unit = view.getUint8(14);
      if (stampMs === null || unit > 1 || view.getUint8(1) > LARGEST_CLASS) return 'damaged';
      const loop = channels.find(({ channel }) => channel === view.getUint8(0) + 1)?.loop;
      // Two vehicles cannot leave one zone at the same hundredth of a second.
      const isRepeated = recent.includes(String(data));
      if (loop === undefined || isRepeated) return null;
      recent = [...recent, String(data)].slice(-REMEMBERED);
      const left = leftAt(stampMs, at);
      if (left === null) return null;
      const speed = view.getUint8(3);
      const dwellMs = view.getUint16(4);
      return {
        kind: 'vehicle-detection',
        loop,
        atMs: left.atMs - dwellMs,
        uncertaintyMs: left.uncertaintyMs,
        direction: 'forward',
        onTimeMs: dwellMs,
        speedKmh:
          speed === 0 || speed > LARGEST_SPEED ? null : round(speed * (unit === 1 ? KMH_PER_MPH : 1), 2),
        lengthM: view.getUint8(2) === 0 ? null : view.getUint8(2) / 10,
        class: null,
        missedBefore: 0,
      };
    },
  };
}
