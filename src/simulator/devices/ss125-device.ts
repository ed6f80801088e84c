/** A simulated Wavetronix SmartSensor HD; layout from IRIS (github mnit-rtmc/iris), comm/ss125. */
import { createLaneBins, type LaneBin, type LaneFigures, type PassingVehicle } from './lane-bins.ts';
import type { SimulatedDevice } from './simulated-device.ts';

export interface Ss125Device extends SimulatedDevice {
  /** It waits in the queue until it is fetched. Negative speeds are against the lane's direction. */
  vehiclePasses(vehicle: PassingVehicle): void;
}

export interface Ss125DevicePlan {
  readonly sensor: number;
  readonly lanes: number;
  readonly periodS: number;
  readonly poweredUpAtMs: number;
  readonly metric: boolean;
}

const KMH_PER_MPH = 1.609344;
const M_PER_FOOT = 0.3048;
const CLASS_LIMITS_M = [3, 6, 12];
const QUEUE_LENGTH = 500;
const HEADER_BYTES = 11;
const NO_SUCH_INTERVAL = 15;

/** A request without its header and CRC. */
interface Body {
  readonly message: number;
  readonly part: number;
  readonly payload: readonly number[];
}

export function createSs125Device(plan: Ss125DevicePlan): Ss125Device {
  const bins = createLaneBins(plan);
  const speedOf = (kmh: number): number => (plan.metric ? kmh : kmh / KMH_PER_MPH);
  const lengthOf = (m: number): number => (plan.metric ? m : m / M_PER_FOOT);
  let queue: PassingVehicle[] = [];
  let held: number[] = [];

  const vehicleBody = (): number[] => {
    const vehicle = queue.shift();
    if (vehicle === undefined) return [0x67, 0, 0, ...new Array<number>(20).fill(0)];
    const size = fixed16(lengthOf(vehicle.lengthM));
    const motion = [...bytesOf(vehicle.durationMs, 3), ...fixed24(speedOf(vehicle.speedKmh))];
    const place = [vehicle.lane - 1, ...fixed16(20)];
    return [0x67, 1, 0, ...dateOf(vehicle.atMs), ...place, ...motion, classOf(vehicle.lengthM), ...size];
  };
  const intervalBody = (bin: LaneBin, part: number): number[] => {
    const lane = bin.lanes[part] ?? bin.lanes[0];
    if (lane === undefined) throw new RangeError('a sensor without lanes');
    const counts = [0, 1, 2, 3].flatMap((index) => bytesOf(inClass(lane, index), 3));
    const head = [...bytesOf(bin.number, 3), ...dateOf(bin.endMs)];
    const flow = [
      ...fixed24(speedOf(lane.speedKmh)),
      ...bytesOf(lane.count, 3),
      ...fixed16(lane.occupancyPct),
    ];
    const times = [lane.headwayS, lane.gapS].flatMap((seconds) => bytesOf(Math.round(seconds * 1000), 3));
    const speed85 = fixed24(speedOf(lane.speed85Kmh));
    return [0x71, part, 0, ...head, ...flow, ...counts, ...speed85, ...times, bin.lanes.length, 0];
  };
  const answer = ({ message, part, payload }: Body, atMs: number): number[] => {
    const [first = 0, second = 0, third = 0] = payload;
    const closed = bins.closed(atMs);
    const number = first * 65_536 + second * 256 + third;
    const bin = number === 0 ? closed.at(-1) : closed.find((it) => it.number === number);
    switch (message) {
      case 0x00:
        return [0x00, 0, 0, ...new Array<number>(82).fill(0x20), plan.metric ? 1 : 0];
      case 0x03:
        return [0x03, 0, 0, ...bytesOf(plan.periodS, 2), ...new Array<number>(23).fill(0)];
      case 0x67:
        return vehicleBody();
      case 0x71:
        return bin === undefined ? [0x71, part, 2, 0, NO_SUCH_INTERVAL] : intervalBody(bin, part);
      default:
        return [message, part, 2, 0, 1];
    }
  };

  return {
    receive(bytes, atMs) {
      const replies: Uint8Array[] = [];
      held.push(...bytes);
      for (;;) {
        const size = held[9] ?? 0;
        if (
          held.length > 0 &&
          (held[0] !== 0x5a || (held.length > 10 && crcOf(held.slice(0, 10)) !== held[10]))
        ) {
          held.shift();
          continue;
        }
        if (held.length < HEADER_BYTES + 1 || held.length < HEADER_BYTES + size + 1) break;
        const frame = held.slice(0, HEADER_BYTES + size + 1);
        held = held.slice(frame.length);
        const [message = 0, part = 0, , ...payload] = frame.slice(HEADER_BYTES, -1);
        const isOurs = (frame[3] ?? 0) * 256 + (frame[4] ?? 0) === plan.sensor;
        const isTrue = crcOf(frame.slice(HEADER_BYTES, -1)) === frame.at(-1);
        if (isOurs && isTrue) replies.push(frameOf(frame, answer({ message, part, payload }, atMs)));
      }
      return replies;
    },
    vehiclePasses(vehicle) {
      bins.add(vehicle);
      queue = [...queue, vehicle].slice(-QUEUE_LENGTH);
    },
  };
}

/** The answer goes back to who asked, under the next sequence number. */
function frameOf(request: readonly number[], body: readonly number[]): Uint8Array {
  const [to, from] = [request.slice(5, 8), request.slice(2, 5)];
  const header = [0x5a, 0x31, ...to, ...from, ((request[8] ?? 0) + 1) % 256, body.length];
  return Uint8Array.from([...header, crcOf(header), ...body, crcOf(body)]);
}

function classOf(lengthM: number): number {
  return CLASS_LIMITS_M.filter((limitM) => lengthM >= limitM).length;
}

function inClass(lane: LaneFigures, index: number): number {
  return lane.lengthsM.filter((lengthM) => classOf(lengthM) === index).length;
}

function bytesOf(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(value / 256 ** (count - 1 - index)) % 256);
}

function fixed16(value: number): number[] {
  return bytesOf(Math.round(value * 256), 2);
}

/** Whole units in two's complement, then the fraction; bit 23 says that it is valid. */
function fixed24(value: number): number[] {
  const cents = Math.round(Math.abs(value) * 256);
  const whole = Math.floor(cents / 256);
  const word = (value < 0 ? -whole : whole) & 0x7fff;
  return [...bytesOf(word | 0x8000, 2), cents % 256];
}

function dateOf(wallMs: number): number[] {
  const at = new Date(wallMs);
  const date = at.getUTCFullYear() * 512 + (at.getUTCMonth() + 1) * 32 + at.getUTCDate();
  const minutes = at.getUTCHours() * 64 + at.getUTCMinutes();
  const time = minutes * 65_536 + at.getUTCSeconds() * 1024 + at.getUTCMilliseconds();
  return [...bytesOf(date, 4), ...bytesOf(time, 4)];
}

/** Polynomial 1Ch, bit by bit. */
function crcOf(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x80) === 0 ? crc * 2 : ((crc * 2) ^ 0x1c) & 0xff;
  }
  return crc;
}
