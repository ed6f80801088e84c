import { dirname } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { createMachineReader, machineBootOr } from '../runtime/machine-figures.ts';
import type { TimeSync } from '../runtime/time-sync.ts';
import type { Store } from '../store/store.ts';
import type { SensorFault } from '../traffic/observations/observation.ts';
import { createClockWatch } from './clock-watch.ts';
import { healthRecord } from './health.ts';
import type { Overview } from './overview.ts';
import { createTakeoverFaults } from './takeover-faults.ts';
import type { UplinkOverview } from './uplinks.ts';

export interface SelfWatchParts {
  readonly boot: string;
  readonly clock: Clock;
  readonly timeSync: TimeSync;
  readonly store: Store;
  readonly storeFile: string;
  /** 0 for none. */
  readonly healthEveryS: number;
  overview(): Overview;
  uplinks(): readonly UplinkOverview[];
  claim(faults: readonly SensorFault[]): void;
  /** Something is in the store for the receivers. */
  notify(): void;
  readonly logger: Logger;
}

const LOOK_EVERY_MS = 1000;
/** Records stamped anew in one look: acquisition and relaying go on beside it. */
const RESTAMP_ROWS = 200;

/** The agent's care for itself: its clock, its name at the brokers, and its health, told as faults and records. */
export function startSelfWatch(parts: SelfWatchParts): { stop(): void } {
  const { boot, clock, timeSync, store, healthEveryS, claim, notify } = parts;
  const { restamping } = store;
  const log = parts.logger.child('self');
  const clockWatch = createClockWatch({ restamping, machineBoot: machineBootOr(boot) });
  const machine = createMachineReader();
  const takeovers = createTakeoverFaults();
  let isRestamped = false;
  let healthSeq = 0;

  const guarded = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      log.warn(what, { problem: messageOf(error) });
    }
  };
  const lookAtClock = (): void => {
    const faults = clockWatch.look(clock.now(), timeSync.state());
    if (faults.length === 0) return;
    claim(faults);
    void timeSync.ask();
    for (const { code, active, detail } of faults)
      log[active ? 'warn' : 'info'](`clock ${code}`, { active, detail });
  };
  const lookAtUplinks = (): void => claim(takeovers.look(parts.uplinks(), clock.monoMs()));
  const restamp = (): void => {
    const isDone = restamping.step(RESTAMP_ROWS);
    if (isDone && !isRestamped) notify();
    isRestamped = isDone;
  };
  const looking = setInterval(() => {
    guarded('the clock could not be followed', lookAtClock);
    guarded('the receivers could not be looked at', lookAtUplinks);
    guarded('records could not be stamped anew', restamp);
  }, LOOK_EVERY_MS);

  const tellHealth = async (): Promise<void> => {
    const overview = parts.overview();
    const folder = dirname(parts.storeFile);
    const figures = await machine.read({ pid: process.pid, folder });
    healthSeq += 1;
    const record = healthRecord({ overview, machine: figures, seq: healthSeq, now: clock.now() });
    try {
      store.append([record]);
      notify();
    } catch (error) {
      store.giveUp([record]);
      log.warn('health could not be stored', { problem: messageOf(error) });
    }
  };
  const telling =
    healthEveryS === 0
      ? null
      : setInterval(
          () =>
            void tellHealth().catch((error: unknown) => log.warn('no health', { problem: messageOf(error) })),
          healthEveryS * 1000,
        );

  return {
    stop() {
      clearInterval(looking);
      if (telling !== null) clearInterval(telling);
      timeSync.stop();
    },
  };
}
