/** One bus at work: asks what the schedule says is due, and says how the asking goes. */
import { monotonicMs } from '../../base/clock.ts';
import type { Observation, SensorSampling } from '../../traffic/observations/observation.ts';
import type { SensorHealth } from '../contract.ts';
import { createBusFaults } from './bus-faults.ts';
import { createBusSchedule } from './bus-schedule.ts';
import { createDeviceWatch } from './device-watch.ts';
import type { AskOutcome, AskPlace, BusListener, PolledBus } from './polled-bus.ts';
import { createPushedWatch } from './pushed-watch.ts';
import { createSleep, type WakeAt } from './sleep.ts';

export const SAMPLE_EVERY_MS = 1000;

export interface BusPoller {
  start(): void;
  stop(): Promise<void>;
  health(): SensorHealth;
}

export interface BusPollerOptions {
  readonly bus: string;
  /** Called at once. */
  readonly openBus: (listener: BusListener) => PolledBus;
  readonly observe: (observations: readonly Observation[]) => void;
  /** What to check when every device is silent; null where each has a connection of its own. */
  readonly silenceAdvice: string | null;
  readonly wakeAt: WakeAt;
}

const SAYS_NOTHING: AskOutcome = {
  kind: 'timeout',
  why: 'says nothing; check its power, wiring and settings',
};

/** Opens the line at once; asks nothing before `start`. */
export function createBusPoller(options: BusPollerOptions): BusPoller {
  const startedAtMs = monotonicMs();
  const window = { fromMs: startedAtMs, asks: 0, busyMs: 0, worstLateMs: 0 };
  const rates = { readsPerS: 0, utilisationPct: 0, worstLateMs: 0 };
  const sleep = createSleep(options.wakeAt);
  let note = 'not opened yet';
  let phase: 'idle' | 'polling' | 'stopped' = 'idle';
  let sampler: NodeJS.Timeout | null = null;
  let polling: Promise<void> = Promise.resolve();

  const observe = (observations: readonly Observation[]): void => {
    if (observations.length > 0) options.observe(observations);
  };
  const bus = options.openBus({
    observe: options.observe,
    onLineChange(change) {
      note = change.kind === 'open' ? '' : change.why;
      observe(faults.onLineChange(change, monotonicMs()));
      if (change.kind === 'open') restartPushed(monotonicMs());
      sleep.wake();
    },
    onPushed(place) {
      const nowMs = monotonicMs();
      window.asks += 1;
      pushedAt(place)?.arrived(nowMs);
      observe(faults.judge(place, { kind: 'answered' }, nowMs));
    },
    onConnected(device) {
      schedule.pardon(monotonicMs(), device);
      sleep.wake();
    },
  });
  const devices = bus.devices.map((device) => ({
    device,
    watch: createDeviceWatch({
      device: device.id,
      countsAsReading: device.asks.map((ask) => ask.countsAsReading),
      startMs: startedAtMs,
    }),
    pushed: device.asks.map((ask) => (ask.pushed ? createPushedWatch(ask.everyMs, startedAtMs) : null)),
  }));
  const schedule = createBusSchedule(bus.devices, startedAtMs);
  const faults = createBusFaults({
    bus: options.bus,
    watches: devices.map(({ watch }) => watch),
    silenceAdvice: options.silenceAdvice,
    onRecovery: (atMs) => schedule.pardon(atMs),
  });

  const pushedAt = (place: AskPlace) => devices[place.device]?.pushed[place.ask];
  const restartPushed = (nowMs: number): void => {
    for (const { pushed } of devices) for (const it of pushed) it?.restart(nowMs);
  };
  const ask = async (place: AskPlace): Promise<void> => {
    const device = bus.devices[place.device];
    if (device === undefined) return;
    const beganAtMs = monotonicMs();
    const outcome = await device.ask(place.ask);
    const nowMs = monotonicMs();
    window.busyMs += nowMs - beganAtMs;
    window.asks += 1;
    schedule.settle(place, outcome.kind, nowMs);
    observe(faults.judge(place, outcome, nowMs));
  };
  const poll = async (): Promise<void> => {
    while (phase === 'polling') {
      const nowMs = monotonicMs();
      if (!bus.isOpen) {
        schedule.skipTo(nowMs);
        await sleep.until(nowMs + SAMPLE_EVERY_MS);
        continue;
      }
      const decision = schedule.take(nowMs);
      if (decision.kind === 'wait') {
        await sleep.until(Math.min(decision.untilMs, nowMs + SAMPLE_EVERY_MS));
      } else {
        window.worstLateMs = Math.max(window.worstLateMs, decision.lateMs);
        await ask(decision.place);
      }
    }
  };
  /** Pushed asks that did not come, as the failures they are: of the device while the line is open. */
  const missPushed = (nowMs: number, lineIsDown: boolean): void => {
    devices.forEach(({ pushed }, device) => {
      pushed.forEach((it, index) => {
        const missed = it?.missedUntil(nowMs) ?? 0;
        for (let count = 0; count < missed && !lineIsDown; count += 1) {
          observe(faults.judge({ device, ask: index }, SAYS_NOTHING, nowMs));
        }
      });
    });
  };
  const sampleDevices = (nowMs: number, lineIsDown: boolean): readonly SensorSampling[] =>
    devices.flatMap(({ device, watch, pushed }, index) => {
      const due = device.asks.reduce((sum, it, ask) => {
        if (!it.countsAsReading) return sum;
        return sum + (pushed[ask]?.due ?? schedule.slotsDone({ device: index, ask }, nowMs));
      }, 0);
      return watch.sample({ nowMs, due, lineIsDown, isPaused: schedule.isPaused(index) }) ?? [];
    });
  const sample = (): void => {
    const nowMs = monotonicMs();
    const widthMs = nowMs - window.fromMs;
    const lineIsDown = faults.isUnreachable || !bus.isOpen;
    if (lineIsDown) schedule.skipTo(nowMs);
    rates.readsPerS = tenths((window.asks * 1000) / widthMs);
    rates.utilisationPct = Math.min(100, tenths((window.busyMs * 100) / widthMs));
    rates.worstLateMs = tenths(window.worstLateMs);
    Object.assign(window, { fromMs: nowMs, asks: 0, busyMs: 0, worstLateMs: 0 });
    missPushed(nowMs, lineIsDown);
    observe(sampleDevices(nowMs, lineIsDown || faults.isAllSilent));
  };

  return {
    start() {
      if (phase !== 'idle') return;
      phase = 'polling';
      schedule.skipTo(monotonicMs());
      restartPushed(monotonicMs());
      sampler = setInterval(sample, SAMPLE_EVERY_MS);
      polling = poll();
    },
    async stop() {
      phase = 'stopped';
      if (sampler !== null) clearInterval(sampler);
      sleep.wake();
      await bus.close();
      await polling;
    },
    health: () => ({
      sensor: options.bus,
      state: stateOf({ phase, isOpen: bus.isOpen, isFaulty: faults.isUnreachable || faults.isAllSilent }),
      figures: { ...rates, ...bus.figures, missedSlots: schedule.missedSlots },
      note: (faults.isAllSilent ? 'no device answers' : note).slice(0, 300),
    }),
  };
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

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
