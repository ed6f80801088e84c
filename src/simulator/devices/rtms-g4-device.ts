/** A simulated RTMS G4 radar; layout from IRIS (github mnit-rtmc/iris), comm/g4. */
import { createLaneBins, type LaneBin, type LaneFigures, type PassingVehicle } from './lane-bins.ts';
import type { SimulatedDevice } from './simulated-device.ts';

export interface RtmsG4Device extends SimulatedDevice {
  /** What the sensor says of it at once: a record in per-vehicle mode, else nothing. */
  vehiclePasses(vehicle: PassingVehicle): readonly Uint8Array[];
  /** The byte that the header carries; 10h is healthy. */
  setHealth(health: number): void;
}

export interface RtmsG4DevicePlan {
  readonly sensor: number;
  readonly zones: number;
  readonly periodS: number;
  readonly poweredUpAtMs: number;
  readonly unit: 'mph' | 'km/h';
  readonly perVehicle?: boolean;
  /** Hands over every interval once, oldest first, instead of the newest. */
  readonly fifo?: boolean;
}

const KMH_PER_MPH = 1.609344;
const CLASS_LIMITS_M = [2.5, 6, 8, 12, 16];
const POLL = 0x53;
/** Gap, headway, 85th percentile and all six classes. */
const COMPOSITION = 0xff;
const INVALID = 0xffff;

export function createRtmsG4Device(plan: RtmsG4DevicePlan): RtmsG4Device {
  const bins = createLaneBins({ ...plan, lanes: plan.zones });
  const request = frameOf(POLL, plan.sensor, [0]);
  const inUnit = (speedKmh: number): number =>
    Math.round(plan.unit === 'mph' ? speedKmh / KMH_PER_MPH : speedKmh);
  let held: number[] = [];
  let fetched = 0;
  let health = 0x10;

  const nextBin = (atMs: number): LaneBin | undefined => {
    const closed = bins.closed(atMs);
    const next = plan.fifo === true ? closed.find((it) => it.number > fetched) : undefined;
    const bin = next ?? closed.at(-1);
    fetched = Math.max(fetched, bin?.number ?? 0);
    return bin;
  };
  const trainOf = (bin: LaneBin): Uint8Array[] => {
    const table = (qualifier: number, value: (lane: LaneFigures) => number): Uint8Array =>
      frameOf(
        qualifier,
        plan.sensor,
        bin.lanes.flatMap((lane) => word(Math.round(value(lane)))),
      );
    const number = bin.number % 256;
    const flags = (plan.unit === 'mph' ? 0x01 : 0) | (plan.fifo === true ? 0x80 : 0) | 0x04;
    const figures = [
      number,
      0,
      0,
      flags,
      ...stampOf(bin.endMs),
      plan.zones,
      COMPOSITION,
      ...word(plan.periodS),
    ];
    const classes = [0, 1, 2, 3, 4].map((index) => table(0x14 + index, (lane) => inClass(lane, index)));
    return [
      frameOf(0x80, plan.sensor, [...figures, 120, health, 0, 0, 0, 0, 0]),
      table(0x10, (lane) => lane.count),
      table(0x11, (lane) => lane.occupancyPct * 10),
      table(0x12, (lane) => (lane.count === 0 ? INVALID : inUnit(lane.speedKmh))),
      table(0x13, (lane) => (lane.count < 2 ? INVALID : lane.gapS * 10)),
      ...classes,
      table(0x1e, (lane) => (lane.count < 2 ? INVALID : lane.headwayS * 10)),
      table(0x1f, (lane) => (lane.count === 0 ? INVALID : inUnit(lane.speed85Kmh))),
      frameOf(0x81, plan.sensor, [number]),
    ];
  };

  return {
    receive(bytes, atMs) {
      const replies: Uint8Array[] = [];
      for (const byte of bytes) {
        held = [...held, byte].slice(-request.length);
        if (held.length < request.length || !held.every((it, index) => it === request[index])) continue;
        held = [];
        const bin = nextBin(atMs);
        if (bin !== undefined) replies.push(...trainOf(bin));
      }
      return replies;
    },
    vehiclePasses(vehicle) {
      bins.add(vehicle);
      if (plan.perVehicle !== true) return [];
      const leftMs = vehicle.atMs + vehicle.durationMs;
      const measured = [classOf(vehicle.lengthM), Math.round(vehicle.lengthM * 10), inUnit(vehicle.speedKmh)];
      const hundredths = bcd(Math.floor((leftMs % 1000) / 10));
      const record = [
        vehicle.lane - 1,
        ...measured,
        ...word(vehicle.durationMs),
        hundredths,
        ...stampOf(leftMs),
      ];
      return [frameOf(0x5e, plan.sensor, [...record, plan.unit === 'mph' ? 1 : 0])];
    },
    setHealth(is) {
      health = is;
    },
  };
}

function classOf(lengthM: number): number {
  return CLASS_LIMITS_M.filter((limitM) => lengthM >= limitM).length;
}

/** Class 0 is in no table: it is what remains of the count. */
function inClass(lane: LaneFigures, index: number): number {
  return lane.lengthsM.filter((lengthM) => classOf(lengthM) === index + 1).length;
}

function frameOf(qualifier: number, sensor: number, data: readonly number[]): Uint8Array {
  const summed = [...word(sensor), ...data];
  const sum = summed.reduce((total, byte) => total + byte, 0);
  return Uint8Array.from([0xff, 0xaa, qualifier, summed.length, ...summed, ...word(sum)]);
}

function stampOf(wallMs: number): number[] {
  const at = new Date(wallMs);
  const time = [at.getUTCSeconds(), at.getUTCMinutes(), at.getUTCHours()];
  const date = [at.getUTCDay() + 1, at.getUTCDate(), at.getUTCMonth() + 1, at.getUTCFullYear() % 100];
  return [...time, ...date].map(bcd);
}

function bcd(value: number): number {
  return Math.floor(value / 10) * 16 + (value % 10);
}

function word(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}
