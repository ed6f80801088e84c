/** One bus at work: asks what the schedule says is due, and says what the replies mean. */
import { monotonicMs } from '../../base/clock.ts';
import type { Observation, SensorFault } from '../../traffic/observations/observation.ts';
import type { BusPlan, DevicePlan, ReadPlan, SensorHealth } from '../contract.ts';
import { createLoopDecoder, type LoopDecoder } from '../loops/loop-decoder.ts';
import { createBusSchedule, type ReadVerdict } from './bus-schedule.ts';
import { createDeviceWatch, type DeviceWatch } from './device-watch.ts';
import type { LineChange } from './line-keeper.ts';
import { type ReadRequest, shapeOf } from './modbus-frames.ts';
import type { MasterListener, ModbusMaster, ReadOutcome } from './modbus-master.ts';

export const SAMPLE_EVERY_MS = 1000;
/** A line that opens and is lost so often without one reply is a fault too, though every opening succeeds. */
export const LOSSES_BEFORE_FAULT = 3;

export interface BusPoller {
  start(): void;
  stop(): Promise<void>;
  health(): SensorHealth;
}

export interface BusPollerOptions {
  readonly plan: BusPlan;
  readonly openMaster: (listener: MasterListener) => ModbusMaster;
  readonly observe: (observations: readonly Observation[]) => void;
}

interface PolledRead {
  readonly request: ReadRequest;
  readonly markers: readonly ReadRequest[];
  readonly decoder: LoopDecoder;
}

interface PolledDevice {
  readonly plan: DevicePlan;
  readonly reads: readonly PolledRead[];
  /** Reads whose replies count as readings. */
  readonly readingPlaces: readonly number[];
  readonly watch: DeviceWatch;
}

/** Opens the line at once; asks nothing before `start`. */
export function createBusPoller(options: BusPollerOptions): BusPoller {
  const { plan, observe } = options;
  const startedAtMs = monotonicMs();
  const devices = plan.devices.map((device) => polledDevice(device, startedAtMs));
  const schedule = createBusSchedule(plan.devices, startedAtMs);
  const port = { isFaulty: false, losses: 0, note: 'not opened yet' };
  const window = { fromMs: startedAtMs, reads: 0, busyMs: 0, readsPerS: 0, utilisationPct: 0 };
  let phase: 'idle' | 'polling' | 'stopped' = 'idle';
  let wake: () => void = () => undefined;
  let sampler: NodeJS.Timeout | null = null;
  let polling: Promise<void> = Promise.resolve();

  const setPortFault = (isFaulty: boolean, detail: string): void => {
    if (port.isFaulty === isFaulty) return;
    port.isFaulty = isFaulty;
    const fault: SensorFault = {
      kind: 'sensor-fault',
      sensor: plan.id,
      layer: 'port',
      code: 'unreachable',
      active: isFaulty,
      atMs: monotonicMs(),
      detail: detail.slice(0, 500),
    };
    observe([fault]);
  };
  const master = options.openMaster({
    onLineChange(change: LineChange) {
      if (change.kind === 'open') {
        port.note = '';
        if (port.isFaulty) schedule.pardon(monotonicMs());
        wake();
        return;
      }
      port.note = change.why;
      for (const device of devices) for (const read of device.reads) read.decoder.interrupt();
      if (change.kind === 'lost') port.losses += 1;
      if (change.kind === 'unreachable' || port.losses >= LOSSES_BEFORE_FAULT) setPortFault(true, change.why);
    },
  });

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(ms));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const readOne = async (place: { readonly device: number; readonly read: number }): Promise<void> => {
    const device = devices[place.device];
    const read = device?.reads[place.read];
    if (device === undefined || read === undefined) return;
    const beganAtMs = monotonicMs();
    const { responseTimeoutMs, turnaroundMs } = device.plan;
    const terms = { responseTimeoutMs, turnaroundMs, markers: read.markers };
    const outcome = await master.read(read.request, terms);
    const nowMs = monotonicMs();
    window.busyMs += nowMs - beganAtMs;
    window.reads += 1;
    schedule.settle(place, verdictOf(outcome), nowMs);
    if (outcome.kind !== 'closed') {
      if (outcome.kind !== 'timeout') port.losses = 0;
      // Whatever the device said or failed to say, it was asked: the port works.
      if (port.losses < LOSSES_BEFORE_FAULT) setPortFault(false, 'works again');
    }
    const faults = device.watch.judge(place.read, outcome, nowMs);
    if (faults.length > 0) observe(faults);
    if (outcome.kind === 'values') {
      const observations = read.decoder.decode(outcome);
      if (observations.length > 0) observe(observations);
    } else {
      read.decoder.interrupt();
    }
  };
  const poll = async (): Promise<void> => {
    while (phase === 'polling') {
      const nowMs = monotonicMs();
      if (!master.isOpen) {
        schedule.skipTo(nowMs);
        await sleep(SAMPLE_EVERY_MS);
        continue;
      }
      const decision = schedule.take(nowMs);
      if (decision.kind === 'wait') await sleep(Math.min(decision.untilMs - nowMs, SAMPLE_EVERY_MS));
      else await readOne(decision.place);
    }
  };
  const sample = (): void => {
    const nowMs = monotonicMs();
    const widthMs = nowMs - window.fromMs;
    const lineIsDown = port.isFaulty || !master.isOpen;
    if (lineIsDown) schedule.skipTo(nowMs);
    window.readsPerS = (window.reads * 1000) / widthMs;
    window.utilisationPct = Math.min(100, (window.busyMs * 100) / widthMs);
    Object.assign(window, { fromMs: nowMs, reads: 0, busyMs: 0 });
    const samplings = devices.flatMap((device, index) => {
      const slotsDone = device.readingPlaces.reduce(
        (sum, read) => sum + schedule.slotsDone({ device: index, read }, nowMs),
        0,
      );
      const isPaused = schedule.isPaused(index);
      return device.watch.sample({ nowMs, slotsDone, lineIsDown, isPaused }) ?? [];
    });
    if (samplings.length > 0) observe(samplings);
  };

  return {
    start() {
      if (phase !== 'idle') return;
      phase = 'polling';
      sampler = setInterval(sample, SAMPLE_EVERY_MS);
      polling = poll();
    },
    async stop() {
      phase = 'stopped';
      if (sampler !== null) clearInterval(sampler);
      wake();
      await master.close();
      await polling;
    },
    health: () => ({
      sensor: plan.id,
      state: stateOf({ phase, isOpen: master.isOpen, isFaulty: port.isFaulty }),
      figures: {
        readsPerS: Math.round(window.readsPerS * 10) / 10,
        ...master.figures,
        missedSlots: schedule.missedSlots,
        utilisationPct: Math.round(window.utilisationPct * 10) / 10,
      },
      note: port.note.slice(0, 300),
    }),
  };
}

function polledDevice(plan: DevicePlan, startMs: number): PolledDevice {
  const requests = plan.reads.map((read) => requestOf(plan, read));
  for (const request of requests) shapeOf(request);
  const reads = plan.reads.map((read, index) => ({
    request: requestOf(plan, read),
    markers: requests.filter((_, other) => other !== index),
    decoder: createLoopDecoder(read),
  }));
  const isPresence = plan.reads.map((read) => read.signals.some(({ means }) => means === 'loop-occupied'));
  // A device that only counts is sampled by its counter reads.
  const countsAsReading = isPresence.includes(true) ? isPresence : isPresence.map(() => true);
  return {
    plan,
    reads,
    readingPlaces: countsAsReading.flatMap((counts, index) => (counts ? [index] : [])),
    watch: createDeviceWatch({ device: plan.id, countsAsReading, startMs }),
  };
}

function requestOf(device: DevicePlan, read: ReadPlan): ReadRequest {
  return { unit: device.unit, table: read.table, address: read.address, quantity: read.quantity };
}

function verdictOf(outcome: ReadOutcome): ReadVerdict {
  switch (outcome.kind) {
    case 'values':
      return 'answered';
    case 'exception':
      return 'refused';
    case 'timeout':
    case 'corrupt':
      return 'silent';
    case 'closed':
      return 'closed';
  }
}

function stateOf(bus: {
  readonly phase: 'idle' | 'polling' | 'stopped';
  readonly isOpen: boolean;
  readonly isFaulty: boolean;
}): SensorHealth['state'] {
  if (bus.phase === 'stopped') return 'stopped';
  if (bus.isFaulty) return 'failing';
  return bus.isOpen && bus.phase === 'polling' ? 'working' : 'starting';
}
