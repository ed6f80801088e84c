/** A simulated Wavetronix SmartSensor 105; layout from IRIS (github mnit-rtmc/iris), comm/ss105. */
import { createLaneBins, type LaneBin, type LaneFigures, type PassingVehicle } from './lane-bins.ts';
import type { SimulatedDevice } from './simulated-device.ts';

export interface Ss105Device extends SimulatedDevice {
  vehiclePasses(vehicle: PassingVehicle): void;
}

export interface Ss105DevicePlan {
  readonly sensor: number;
  readonly lanes: number;
  readonly periodS: number;
  readonly poweredUpAtMs: number;
  /** Null: a sensor that does not know the question. */
  readonly metric: boolean | null;
}

const KMH_PER_MPH = 1.609344;
const EPOCH_MS = Date.UTC(2000, 0, 1);
const CLASS_LIMITS_M = [6, 12];
const LONGEST_REQUEST = 64;

export function createSs105Device(plan: Ss105DevicePlan): Ss105Device {
  const bins = createLaneBins(plan);
  const header = `Z0${String(plan.sensor).padStart(4, '0')}`;
  let held = '';

  const laneOf = (lane: LaneFigures, index: number): string => {
    const speed = plan.metric === true ? lane.speedKmh : lane.speedKmh / KMH_PER_MPH;
    const shares = [0, 1, 2].map((wanted) => {
      const inClass = lane.lengthsM.filter((lengthM) => classOf(lengthM) === wanted).length;
      return lane.count === 0 ? 0 : Math.floor((inClass / lane.count) * 1024);
    });
    const figures = [speed, (lane.occupancyPct / 100) * 1024, ...shares];
    return `${index + 1}${hex(lane.count, 8)}${figures.map((it) => hex(Math.round(it), 4)).join('')}`;
  };
  const intervalOf = (bin: LaneBin): string => {
    return `${hex((bin.endMs - EPOCH_MS) / 1000, 8)}${bin.lanes.map(laneOf).join('')}`;
  };
  const answer = (request: string, atMs: number): string => {
    const bin = bins.closed(atMs).at(-1);
    if (request === 'XD') return bin === undefined ? 'XDEmpty' : `XD${withSum(intervalOf(bin))}`;
    if (request === 'SJS00008E0008') return `SJ${withSum(hex(plan.periodS, 8))}`;
    if (request === 'S6' && plan.metric !== null) return `S6${plan.metric ? 'M' : 'E'}`;
    return `${request.slice(0, 2)}Invalid`;
  };

  return {
    receive(bytes, atMs) {
      const replies: Uint8Array[] = [];
      for (const byte of bytes) {
        const char = String.fromCharCode(byte);
        if (char !== '\r') {
          held = `${held}${char}`.slice(-LONGEST_REQUEST);
          continue;
        }
        const from = held.lastIndexOf(header);
        const request = from === -1 ? null : held.slice(from + header.length);
        held = '';
        if (request === null) continue;
        const line = `${header}${answer(request, atMs)}~\r\r`;
        replies.push(Uint8Array.from(line, (it) => it.charCodeAt(0)));
      }
      return replies;
    },
    vehiclePasses: bins.add,
  };
}

function classOf(lengthM: number): number {
  return CLASS_LIMITS_M.filter((limitM) => lengthM >= limitM).length;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

function withSum(text: string): string {
  let sum = 0;
  for (const char of text) sum += char.charCodeAt(0);
  return `${text}${hex(sum, 4)}`;
}
