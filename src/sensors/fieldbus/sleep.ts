import { monotonicMs } from '../../base/clock.ts';

/** Calls back once, at `atMs` or soon after it. */
export type WakeAt = (atMs: number, wake: () => void) => void;

/** Node's own timers: within a millisecond or two. */
export const wakeByTimer: WakeAt = (atMs, wake) => {
  setTimeout(wake, Math.max(0, Math.ceil(atMs - monotonicMs())));
};

export interface Sleep {
  until(atMs: number): Promise<void>;
  /** Ends the sleep early. */
  wake(): void;
}

export function createSleep(wakeAt: WakeAt): Sleep {
  let wake: () => void = () => undefined;
  return {
    until: (atMs) =>
      new Promise((resolve) => {
        wake = resolve;
        wakeAt(atMs, resolve);
      }),
    wake: () => wake(),
  };
}
