/** Tries drivers against their own examples: simulated devices, the real fieldbus process, what it observes. */
import { createSystemClock, monotonicMs } from '../base/clock.ts';
import type { LoopDriver } from '../catalog/schema/driver.ts';
import type { FrameDriver, FrameExample } from '../catalog/schema/frame-driver.ts';
import type { ModbusDriver, ModbusExample } from '../catalog/schema/modbus-driver.ts';
import type { Bus } from '../catalog/schema/site.ts';
import type { Logger } from '../runtime/logger.ts';
import { programFile } from '../runtime/program-file.ts';
import type { BusPlan } from '../sensors/contract.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import { planBus } from './plans.ts';
import { openSensorProcess } from './sensor-process.ts';
import { frameMismatches, modbusMismatches } from './trial-verdict.ts';

export interface TrialResult {
  readonly driver: string;
  readonly note: string;
  /** Empty when the example holds. */
  readonly mismatches: readonly string[];
}

/** Devices that say what an example says; the simulator makes them. */
export interface TrialDevices {
  registers(given: ModbusExample['given']): Promise<TrialDevice>;
  frames(received: readonly Uint8Array[]): Promise<TrialDevice>;
  /** The device that calls us. */
  calling(port: number, received: readonly Uint8Array[]): TrialDevice;
  freePort(): Promise<number>;
}

export interface TrialDevice {
  readonly port: number;
  close(): Promise<void>;
}

interface Trial {
  readonly note: string;
  readonly plan: BusPlan;
  readonly device: TrialDevice;
  readonly observations: Observation[];
  /** Whether a verdict without mismatches is final. */
  readonly isJudgeable: (observations: readonly Observation[]) => boolean;
  readonly judge: (observations: readonly Observation[]) => readonly string[];
  readonly longestMs: number;
}

/** An example has this long for each of its answers, and the process for its start. */
const START_WITHIN_MS = 15_000;
/** Presence of a Modbus example is read this often. */
const TRIAL_POLL_MS = 50;
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 100;
const STOP_WITHIN_MS = 3000;

/** Processes at a time; each driver has its own, so that one that is refused takes no other with it. */
const PROCESSES = 4;

/** Plays every example of the drivers; results in the order of drivers and examples. */
export async function tryDrivers(
  drivers: readonly LoopDriver[],
  devices: TrialDevices,
  logger: Logger,
): Promise<readonly TrialResult[]> {
  const results = drivers.map((): readonly TrialResult[] => []);
  const left = [...drivers.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, driver] = next;
      results[index] = await tryDriver(driver, devices, logger);
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, work));
  return results.flat();
}

async function tryDriver(
  driver: LoopDriver,
  devices: TrialDevices,
  logger: Logger,
): Promise<readonly TrialResult[]> {
  const trials: Trial[] = [];
  try {
    for (const [index, example] of driver.examples.entries()) {
      trials.push(await openTrial({ driver, example, bus: `trial${index}` }, devices));
    }
    await observe(trials, logger);
    return trials.map(({ note, judge, observations }) => ({
      driver: driver.driver,
      note,
      mismatches: judge(observations),
    }));
  } finally {
    await Promise.all(trials.map(({ device }) => device.close()));
  }
}

interface TrialPlace {
  readonly driver: LoopDriver;
  readonly example: ModbusExample | FrameExample;
  /** Every name within the trial begins with it. */
  readonly bus: string;
}

function openTrial({ driver, example, bus }: TrialPlace, devices: TrialDevices): Promise<Trial> {
  if (driver.protocol === 'modbus' && 'given' in example)
    return modbusTrial({ driver, example, bus }, devices);
  if (driver.protocol === 'frames' && 'received' in example)
    return frameTrial({ driver, example, bus }, devices);
  throw new RangeError(`an example of ${driver.driver} is not of its protocol`);
}

async function modbusTrial(
  trial: { readonly driver: ModbusDriver; readonly example: ModbusExample; readonly bus: string },
  devices: TrialDevices,
): Promise<Trial> {
  const { driver, example, bus } = trial;
  const device = await devices.registers(example.given);
  const loops = loopsOf(bus, driver.channels);
  const plan = planOf(
    {
      id: bus,
      protocol: 'modbus-tcp',
      host: '127.0.0.1',
      port: device.port,
      devices: [
        { id: `${bus}-device`, driver: driver.driver, unit: 1, pollMs: TRIAL_POLL_MS, invert: false, loops },
      ],
    },
    driver,
  );
  return {
    note: example.note,
    plan,
    device,
    observations: [],
    isJudgeable: isSampled,
    judge: (observations) => modbusMismatches(example.expect, { observations, loops }),
    longestMs: START_WITHIN_MS,
  };
}

async function frameTrial(
  trial: { readonly driver: FrameDriver; readonly example: FrameExample; readonly bus: string },
  devices: TrialDevices,
): Promise<Trial> {
  const { driver, example, bus } = trial;
  const received = example.received.map((hex) =>
    Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')),
  );
  const loops = loopsOf(bus, driver.channels);
  const pollMs = example.pollMs ?? driver.pollMs.default;
  const id = `${bus}-device`;
  const { unit = driver.address.from, identity } = example;
  const named = identity === undefined ? {} : { identity };
  const onBus = { id, driver: driver.driver, unit, ...named, pollMs, invert: false, loops };
  const isCalling = driver.bus.tcp?.role === 'listen';
  const device = isCalling
    ? devices.calling(await devices.freePort(), received)
    : await devices.frames(received);
  const site: Bus = isCalling
    ? { id: bus, protocol: 'tcp-frames-server', bind: '127.0.0.1', port: device.port, devices: [onBus] }
    : { id: bus, protocol: 'tcp-frames', host: '127.0.0.1', port: device.port, devices: [onBus] };
  return {
    note: example.note,
    plan: planOf(site, driver),
    device,
    observations: [],
    // What is expected are claims, and those that came do not go away.
    isJudgeable: () => true,
    judge: (observations) => frameMismatches(example.expect, { observations, loops }),
    longestMs: START_WITHIN_MS + received.length * pollMs,
  };
}

/** As for a site, but with all the patience of the world: a loaded machine must not look like a silent device. */
function planOf(bus: Bus, driver: LoopDriver): BusPlan {
  const plan = planBus(bus, new Map([[driver.driver, driver]]));
  for (const device of plan.devices) device.responseTimeoutMs = PATIENCE_MS;
  return plan;
}

function loopsOf(bus: string, channels: number): string[] {
  return Array.from({ length: channels }, (_, index) => `${bus}-${index + 1}`);
}

/** Lets the fieldbus process work until every example holds, or until the slowest has had its time. */
async function observe(trials: readonly Trial[], logger: Logger): Promise<void> {
  let isRefused = false;
  const byBus = new Map(trials.map((trial) => [trial.plan.id, trial]));
  const process = openSensorProcess({
    configuration: { kind: 'fieldbus', realTime: false, buses: trials.map(({ plan }) => plan) },
    file: programFile(import.meta.url, '../processes/fieldbus'),
    clock: createSystemClock(),
    logger,
    onObservations(observations) {
      for (const observation of observations) {
        if (observation.kind === 'sensor-fault' && observation.layer === 'process') {
          // The process gave up: that is why nothing was observed anywhere.
          isRefused ||= observation.active;
          for (const trial of trials) trial.observations.push(observation);
        } else {
          byBus.get(busOf(observation))?.observations.push(observation);
        }
      }
    },
  });
  const untilMs = monotonicMs() + Math.max(...trials.map(({ longestMs }) => longestMs));
  const holds = ({ isJudgeable, judge, observations }: Trial): boolean =>
    isJudgeable(observations) && judge(observations).length === 0;
  while (!isRefused && !trials.every(holds) && monotonicMs() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  await process.stop(STOP_WITHIN_MS);
}

/** What an example says does not happen can be judged only when everything has been read once. */
function isSampled(observations: readonly Observation[]): boolean {
  return observations.some((one) => one.kind === 'sensor-sampling' && one.received > 0);
}

function busOf(observation: Observation): string {
  const name = 'loop' in observation ? observation.loop : 'sensor' in observation ? observation.sensor : '';
  return name.split('-')[0] ?? '';
}
