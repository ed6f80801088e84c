import { openMqttSession } from './mqtt-session.ts';

/** Takes back what was planned; nothing happens when it has been done already. */
export type Cancel = () => void;

/** Work for a later turn of the event loop. Pauses are real durations: no step of the wall clock moves them. */
export interface Scheduler {
  soon(work: () => void): void;
  after(delayMs: number, work: () => void): Cancel;
  /** The same, but a process that has nothing else left to do does not wait for it. */
  inBackground(delayMs: number, work: () => void): Cancel;
}

/** All that an uplink meets beside its outbox and the clock: put in other words, it is simulated. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  /** Uniform in [0, 1). */
  random(): number;
  readonly openSession: typeof openMqttSession;
}

export const SURROUNDINGS: Surroundings = {
  scheduler: {
    soon: (work) => void setImmediate(work),
    after(delayMs, work) {
      const timer = setTimeout(work, delayMs);
      return () => clearTimeout(timer);
    },
    inBackground(delayMs, work) {
      const timer = setTimeout(work, delayMs).unref();
      return () => clearTimeout(timer);
    },
  },
  random: Math.random,
  openSession: openMqttSession,
};
