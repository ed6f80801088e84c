/**
 * What SmartSensor HD bodies say; offsets from the payload's beginning. Layout and fixed-point formats: IRIS
 * (github mnit-rtmc/iris), comm/ss125; that a sensor can be set to metric units: its general configuration.
 */
import { round } from '../../../base/units.ts';

export interface Ss125Units {
  readonly kmhPerUnit: number;
  readonly mPerUnit: number;
}

const METRIC: Ss125Units = { kmhPerUnit: 1, mPerUnit: 1 };
const ENGLISH: Ss125Units = { kmhPerUnit: 1.609344, mPerUnit: 0.3048 };

/** Orientation 2, location 32, description 32, serial number 16, units 1. Null when it makes no sense. */
export function decodeUnits(payload: Uint8Array): Ss125Units | null {
  const flag = payload[82];
  if (payload.length !== 83 || flag === undefined || flag > 1) return null;
  return flag === 1 ? METRIC : ENGLISH;
}

/** The data configuration begins with the interval, s. Null when the sensor cannot have it. */
export function decodePeriodS(payload: Uint8Array): number | null {
  if (payload.length !== 25) return null;
  const periodS = viewOf(payload).getUint16(0);
  return periodS >= 5 && periodS <= 3600 ? periodS : null;
}

/** One lane's or one approach's part of an interval. */
export interface Ss125Interval {
  /** Counts up, 24 bits. */
  readonly number: number;
  /** End, UTC, ms since 1970; null when it is no date. */
  readonly endWallMs: number | null;
  readonly speedKmh: number | null;
  readonly speed85Kmh: number | null;
  readonly count: number;
  readonly occupancyPct: number | null;
  /** By the sensor's own length bins, shortest first. */
  readonly classCounts: readonly number[];
  readonly headwayS: number | null;
  readonly gapS: number | null;
  readonly lanes: number;
  readonly approaches: number;
}

const INTERVAL_BYTES = 42;
const MOST_PARTS = 32;
const LONGEST_HEADWAY_MS = 3_600_000;

export function decodeInterval(payload: Uint8Array, units: Ss125Units): Ss125Interval | null {
  if (payload.length !== INTERVAL_BYTES) return null;
  const view = viewOf(payload);
  const count = u24(view, 14);
  const time = (at: number): number | null => {
    const ms = u24(view, at);
    return count < 2 || ms === 0 || ms > LONGEST_HEADWAY_MS ? null : ms / 1000;
  };
  const speed = (at: number): number | null => {
    const value = signedFixed24(view, at);
    return count === 0 || value === null ? null : round(Math.abs(value) * units.kmhPerUnit, 2);
  };
  // Values above 100 % are error codes (IRIS, IntervalDataProperty).
  const occupancyPct = view.getUint16(17) / 256;
  const [lanes, approaches] = [view.getUint8(40), view.getUint8(41)];
  if (lanes + approaches > MOST_PARTS) return null;
  return {
    number: u24(view, 0),
    endWallMs: decodeDate(view, 3),
    speedKmh: speed(11),
    count,
    occupancyPct: occupancyPct > 100 ? null : round(occupancyPct, 2),
    classCounts: [19, 22, 25, 28].map((at) => u24(view, at)),
    speed85Kmh: speed(31),
    headwayS: time(34),
    gapS: time(37),
    lanes,
    approaches,
  };
}

export interface Ss125Vehicle {
  readonly stampWallMs: number;
  /** From 0. */
  readonly lane: number;
  readonly durationMs: number;
  /** Negative against the lane's direction. */
  readonly speedKmh: number | null;
  readonly lengthM: number | null;
}

const VEHICLE_BYTES = 20;
const DURATION_MS = { shortest: 10, longest: 3_600_000 } as const;
const LENGTH_M = { shortest: 0.5, longest: 60 } as const;
const FASTEST_KMH = 300;
/** Of its own length, a vehicle covers at least this share while it is seen, however badly its speed is measured. */
const COVERED_SHARE = 1 / 3;
const MS_KMH_PER_M = 3600;

/** Null for what no vehicle is: one of 256 damaged bodies has a true checksum. */
export function decodeVehicle(payload: Uint8Array, units: Ss125Units): Ss125Vehicle | null {
  if (payload.length !== VEHICLE_BYTES) return null;
  const view = viewOf(payload);
  const stampWallMs = decodeDate(view, 0);
  const durationMs = u24(view, 11);
  const speed = signedFixed24(view, 14);
  const length = view.getUint16(18) / 256;
  const vehicle = {
    lane: view.getUint8(8),
    durationMs,
    speedKmh: speed === null ? null : round(speed * units.kmhPerUnit, 2),
    lengthM: length === 0 ? null : round(length * units.mPerUnit, 2),
  };
  return stampWallMs !== null && isPossible(vehicle) ? { stampWallMs, ...vehicle } : null;
}

function isPossible({ durationMs, speedKmh, lengthM }: Omit<Ss125Vehicle, 'stampWallMs'>): boolean {
  const speed = Math.abs(speedKmh ?? 0);
  if (durationMs < DURATION_MS.shortest || durationMs > DURATION_MS.longest || speed > FASTEST_KMH)
    return false;
  if (lengthM === null) return true;
  if (lengthM < LENGTH_M.shortest || lengthM > LENGTH_M.longest) return false;
  return speedKmh === null || speed * durationMs >= COVERED_SHARE * lengthM * MS_KMH_PER_M;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function u24(view: DataView, at: number): number {
  return (view.getUint8(at) << 16) | view.getUint16(at + 1);
}

/** Bit 23: valid. Then 15 bits of whole units in two's complement and a fraction of 256 away from zero. */
export function signedFixed24(view: DataView, at: number): number | null {
  const high = view.getUint16(at);
  if ((high & 0x8000) === 0) return null;
  const whole = (high << 17) >> 17;
  const fraction = view.getUint8(at + 2) / 256;
  return whole < 0 ? whole - fraction : whole + fraction;
}

/** Date: year 12 bits, month 4, day 5; time: hour 5, minute 6, second 6, ms 10; UTC. */
function decodeDate(view: DataView, at: number): number | null {
  const [date, time] = [view.getUint32(at), view.getUint32(at + 4)];
  const [year, month, day] = [(date >> 9) & 0xfff, (date >> 5) & 0xf, date & 0x1f];
  const [hour, minute, second, ms] = [
    (time >> 22) & 0x1f,
    (time >> 16) & 0x3f,
    (time >> 10) & 0x3f,
    time & 0x3ff,
  ];
  const isDate = year >= 2000 && month >= 1 && month <= 12 && day >= 1;
  const isTime = hour < 24 && minute < 60 && second < 60 && ms < 1000;
  return isDate && isTime ? Date.UTC(year, month - 1, day, hour, minute, second, ms) : null;
}
