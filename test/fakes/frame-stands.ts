/** Simulated devices with frame protocols: on serial lines, behind TCP, and one that calls us. */
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { createAsciiModule } from '../../src/simulator/devices/ascii-module.ts';
import { createCanogaDevice } from '../../src/simulator/devices/canoga-device.ts';
import { createGbt43229Detector } from '../../src/simulator/devices/gbt43229-detector.ts';
import type { PassingVehicle } from '../../src/simulator/devices/lane-bins.ts';
import { createRtmsG4Device } from '../../src/simulator/devices/rtms-g4-device.ts';
import { serveDevice } from '../../src/simulator/devices/serve-device.ts';
import type { SimulatedDevice } from '../../src/simulator/devices/simulated-device.ts';
import { createSs105Device } from '../../src/simulator/devices/ss105-device.ts';
import { createSs125Device } from '../../src/simulator/devices/ss125-device.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { CONTROLLER, DETECTOR } from './gbt43229-frames.ts';
import { ANSWERS, LINE, loopName, overOne, type Stand, type StandLane } from './stand.ts';
import type { RoadLine } from './street.ts';

/** Periods of those that make intervals, s, by their driver files: short, so that a minute holds several. */
export const PERIODS_S = {
  'iss/rtms-g4': 10,
  'wavetronix/ss105': 5,
  'wavetronix/ss125': 10,
  'generic/gbt43229': 5,
} as const;

/** A Canoga card on a serial line: a pair of loops in one lane, one loop in another. */
export function openCanoga(name: string): Promise<Stand> {
  const card = createCanogaDevice({ address: 1, poweredUpAtMs: performance.now() - 3_600_000 });
  const line = (channel: number): RoadLine => overContact(card, channel).entry;
  return openOnSerialLine({
    ...{ name, simulated: card, driver: 'gtt-canoga', unit: 1, pollMs: 250 },
    loops: [loopName(name, 1), loopName(name, 1, 'exit'), loopName(name, 2)],
    lanes: [{ entry: line(1), exit: line(2) }, overOne(line(3))],
  });
}

/** The first and the last of the sixteen contacts of an ADAM-4053, polled too seldom for speeds. */
export function openContacts(name: string): Promise<Stand> {
  const module = createAsciiModule({ model: 'adam-4053', address: 3, checksum: true });
  const spare = new Array<null>(14).fill(null);
  return openOnSerialLine({
    ...{ name, simulated: module, driver: 'advantech-adam-4053', unit: 3, pollMs: 100 },
    loops: [loopName(name, 1), ...spare, loopName(name, 2)],
    lanes: [overContact(module, 1), overContact(module, 16)],
  });
}

/** The two counters of an ADAM-4080. */
export function openAsciiCounter(name: string): Promise<Stand> {
  const module = createAsciiModule({ model: 'adam-4080', address: 4, checksum: true });
  return openOnSerialLine({
    ...{ name, simulated: module, driver: 'advantech-adam-4080', unit: 4, pollMs: 500 },
    loops: [loopName(name, 1), loopName(name, 2)],
    lanes: [overContact(module, 1), overContact(module, 2)],
  });
}

interface Detecting {
  setOccupied(channel: number, isOccupied: boolean, atMs: number): void;
}

function overContact(device: Detecting, channel: number): StandLane {
  return overOne((isOccupied) => device.setOccupied(channel, isOccupied, performance.now()));
}

type Placed = Pick<Stand, 'name' | 'lanes'> & {
  readonly simulated: SimulatedDevice;
  readonly driver: string;
  readonly unit: number;
  readonly pollMs: number;
  readonly loops: readonly (string | null)[];
};

function deviceOf({ name, driver, unit, pollMs, loops }: Placed): object {
  return { id: `${name}-device`, driver, unit, pollMs, loops };
}

async function openOnSerialLine(placed: Placed): Promise<Stand> {
  const { name, lanes, simulated } = placed;
  const cable = await openPtyPair();
  const heard = counted(simulated);
  const served = await serveDevice(heard, { kind: 'pty', path: cable.cardsPath }, () => performance.now());
  return {
    name,
    lanes,
    bus: { protocol: 'serial-frames', path: cable.gatewayPath, ...LINE, devices: [deviceOf(placed)] },
    isRead: () => heard.answers >= ANSWERS,
    async close() {
      await served.close();
      await cable.close();
    },
  };
}

/** A device that also counts its answers. */
function counted(device: SimulatedDevice): SimulatedDevice & { readonly answers: number } {
  let answers = 0;
  return {
    receive(bytes, atMs) {
      const replies = device.receive(bytes, atMs);
      answers += replies.length;
      return replies;
    },
    get answers() {
      return answers;
    },
  };
}

const SENSOR = 7;

/** What every radar here is; powered up a minute ago. */
function radarPlan(periodS: number) {
  const poweredUpAtMs = Date.now() - 60_000;
  return {
    ...{ sensor: SENSOR, lanes: 2, zones: 2, metric: true, unit: 'km/h' as const },
    periodS,
    poweredUpAtMs,
  } as const;
}

export function openG4(name: string): Promise<Stand> {
  const radar = createRtmsG4Device(radarPlan(PERIODS_S['iss/rtms-g4']));
  return openRadar(name, { radar, passes: radar.vehiclePasses, driver: 'iss-rtms-g4', pollMs: 1000 });
}

/** In per-vehicle mode: it tells each vehicle unasked. */
export function openG4Vehicles(name: string): Promise<Stand> {
  const radar = createRtmsG4Device({ ...radarPlan(10), perVehicle: true });
  return openRadar(name, {
    radar,
    passes: radar.vehiclePasses,
    driver: 'iss-rtms-g4-vehicles',
    pollMs: 1000,
  });
}

export function openSs105(name: string): Promise<Stand> {
  const radar = createSs105Device(radarPlan(PERIODS_S['wavetronix/ss105']));
  return openRadar(name, {
    radar,
    passes: saysNothing(radar.vehiclePasses),
    driver: 'wavetronix-ss105',
    pollMs: 1000,
  });
}

export function openSs125(name: string): Promise<Stand> {
  const radar = createSs125Device(radarPlan(PERIODS_S['wavetronix/ss125']));
  return openRadar(name, {
    radar,
    passes: saysNothing(radar.vehiclePasses),
    driver: 'wavetronix-ss125',
    pollMs: 1000,
  });
}

/** Its queue of vehicles is fetched. */
export function openSs125Vehicles(name: string): Promise<Stand> {
  const radar = createSs125Device(radarPlan(10));
  return openRadar(name, {
    radar,
    passes: saysNothing(radar.vehiclePasses),
    driver: 'wavetronix-ss125-vehicles',
    pollMs: 500,
  });
}

/** Tells a radar about a vehicle; what it says of it at once. */
type Passing = (vehicle: PassingVehicle) => readonly Uint8Array[];

function saysNothing(passes: (vehicle: PassingVehicle) => void): Passing {
  return (vehicle) => {
    passes(vehicle);
    return [];
  };
}

interface RadarPlace {
  readonly radar: SimulatedDevice;
  readonly passes: Passing;
  readonly driver: string;
  readonly pollMs: number;
}

async function openRadar(name: string, { radar, passes, ...of }: RadarPlace): Promise<Stand> {
  const heard = counted(radar);
  const served = await serveDevice(heard, { kind: 'tcp', port: 0 }, Date.now);
  const tell = (vehicle: PassingVehicle): void => served.push(passes(vehicle));
  const lanes = [1, 2].map((lane) => underRadar(lane, tell));
  const loops = [loopName(name, 1), loopName(name, 2)];
  const device = deviceOf({ name, lanes, simulated: radar, unit: SENSOR, loops, ...of });
  return {
    name,
    lanes,
    bus: { protocol: 'tcp-frames', host: '127.0.0.1', port: served.port, devices: [device] },
    isRead: () => heard.answers >= ANSWERS,
    close: () => served.close(),
  };
}

/** Tells a radar about a vehicle when it has left. */
function underRadar(lane: number, tell: (vehicle: PassingVehicle) => void): StandLane {
  let cameMs = 0;
  return overOne((isOccupied, vehicle) => {
    const nowMs = Date.now();
    if (isOccupied) cameMs = nowMs;
    else tell({ ...vehicle, lane, atMs: cameMs, durationMs: nowMs - cameMs });
  });
}

const TELLS_EVERY_MS = 50;
const CHINA_MS = 8 * 3_600_000;

/** A GB/T 43229 detector, which calls us and speaks by itself. Its channel 2 has no loop. */
export async function openGbt(name: string): Promise<Stand> {
  const port = await freeTcpPort();
  const statisticsMs = PERIODS_S['generic/gbt43229'] * 1000;
  // Its statistics begin on whole multiples of their period.
  const zeroMs = Math.floor(Date.now() / statisticsMs) * statisticsMs;
  const nowMs = (): number => Date.now() - zeroMs;
  const detector = createGbt43229Detector({
    ...{ identity: DETECTOR, controller: CONTROLLER, channels: 3, statisticsMs },
    crc: { polynomial: 0x8005, initial: 0xffff, reflected: true },
    clockAtZeroMs: zeroMs + CHINA_MS,
  });
  const heard = counted(detector);
  const served = await serveDevice(heard, { kind: 'calling', port }, nowMs);
  const telling = setInterval(() => served.push(detector.advance(nowMs())), TELLS_EVERY_MS);
  const loops = [loopName(name, 1), null, loopName(name, 2)];
  const known = { id: `${name}-device`, driver: 'generic-gbt43229', identity: DETECTOR };
  return {
    name,
    bus: {
      ...{ protocol: 'tcp-frames-server', bind: '127.0.0.1', port },
      devices: [{ ...known, pollMs: statisticsMs, loops }],
    },
    lanes: [1, 3].map((channel) =>
      overOne((isOccupied, vehicle) => detector.setOccupied(channel, isOccupied, nowMs(), vehicle)),
    ),
    // It is asked for the link before anything else.
    isRead: () => heard.answers > 0,
    async close() {
      clearInterval(telling);
      await served.close();
    },
  };
}
