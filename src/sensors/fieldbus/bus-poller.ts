/** One bus at work: asks what the schedule says is due, and says how the asking goes. */
import { monotonicMs } from '../../base/clock.ts';
import type { Observation } from '../../traffic/observations/observation.ts';
import type { SensorHealth } from '../contract.ts';
import { createBusFaults } from './bus-faults.ts';
import { createBusSchedule } from './bus-schedule.ts';
import { createBusWatch } from './bus-watch.ts';
import type { AskOutcome, BusListener, PolledBus } from './polled-bus.ts';
import { createSleep, type WakeAt } from './sleep.ts';

export const SAMPLE_EVERY_MS = 1000;
/** A bus that is not polled, or waits long for an answer, is sampled by a timer, so much later. */
const LATE_SAMPLE_MS = 200;

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

const CLOSED: AskOutcome = { kind: 'closed' };
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
      if (change.kind === 'open') watch.restartPushed(monotonicMs());
      sleep.wake();
    },
    onPushed(place) {
      const nowMs = monotonicMs();
      window.asks += 1;
      watch.arrived(place, nowMs);
      observe(faults.judge(place, { kind: 'answered' }, nowMs));
    },
    onConnected(device) {
      schedule.pardon(monotonicMs(), device);
      sleep.wake();
    },
  });
  const watch = createBusWatch(bus.devices, startedAtMs);
  const schedule = createBusSchedule(bus.devices, startedAtMs);
  const faults = createBusFaults({
    bus: options.bus,
    watches: watch.watches,
    silenceAdvice: options.silenceAdvice,
    onRecovery: (atMs) => schedule.pardon(atMs),
  });

  const poll = async (): Promise<void> => {
    let nowMs = monotonicMs();
    while (phase === 'polling') {
      const decision = bus.isOpen ? schedule.take(nowMs) : null;
      if (decision === null) schedule.skipTo(nowMs);
      if (decision?.kind !== 'ask') {
        const dueMs = decision?.untilMs ?? Number.POSITIVE_INFINITY;
        await sleep.until(Math.min(dueMs, nowMs + SAMPLE_EVERY_MS));
        nowMs = monotonicMs();
        continue;
      }
      const { place, lateMs } = decision;
      const beganAtMs = nowMs;
      const outcome = (await bus.devices[place.device]?.ask(place.ask, nowMs)) ?? CLOSED;
      nowMs = monotonicMs();
      window.worstLateMs = Math.max(window.worstLateMs, lateMs);
      window.busyMs += nowMs - beganAtMs;
      window.asks += 1;
      schedule.settle(place, outcome.kind, nowMs);
      observe(faults.judge(place, outcome, nowMs));
      // Right after an answer, when the next slot is farthest: a timer's turn would fall on slots and delay them.
      if (nowMs - window.fromMs >= SAMPLE_EVERY_MS) sample();
    }
  };
  const sample = (): void => {
    const nowMs = monotonicMs();
    const widthMs = nowMs - window.fromMs;
    const lineIsDown = faults.isUnreachable || !bus.isOpen;
    if (lineIsDown) schedule.skipTo(nowMs);
    rates.readsPerS = tenths((window.asks * 1000) / widthMs);
    rates.utilisationPct = Math.min(100, tenths((window.busyMs * 100) / widthMs));
    rates.worstLateMs = tenths(window.worstLateMs);
    Object.assign(window, { fromMs: nowMs, asks: 0, busyMs: 0, worstLateMs: 0 });
    // What does not come is the device's failure only while it could have come.
    for (const place of watch.missedUntil(nowMs)) {
      if (!lineIsDown) observe(faults.judge(place, SAYS_NOTHING, nowMs));
    }
    observe(
      watch.sample({
        nowMs,
        lineIsDown: lineIsDown || faults.isAllSilent,
        slotsDone: (place) => schedule.slotsDone(place, nowMs),
        isPaused: schedule.isPaused,
      }),
    );
  };

  return {
    start() {
      if (phase !== 'idle') return;
      phase = 'polling';
      schedule.skipTo(monotonicMs());
      watch.restartPushed(monotonicMs());
      sampler = setInterval(() => {
        if (monotonicMs() - window.fromMs >= SAMPLE_EVERY_MS + LATE_SAMPLE_MS) sample();
      }, LATE_SAMPLE_MS);
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
