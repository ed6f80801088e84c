import { monotonicMs } from '../base/clock.ts';

/** One answer that is waited for. */
export interface Awaited {
  readonly untilMs: number;
}

/** Whether each of many answers comes in time. One timer for all: one for each would cost as much as sending. */
export interface AckDeadline {
  expect(): Awaited;
  came(awaited: Awaited): void;
  /** Waits for nothing any more. */
  stop(): void;
}

/** @param overdue an answer has not come within `deadlineMs`; the rest is not waited for */
export function createAckDeadline(deadlineMs: number, overdue: () => void): AckDeadline {
  /** In order of sending, so the first is the next that is due. */
  const awaited = new Set<Awaited>();
  let timer: NodeJS.Timeout | null = null;

  const look = (): void => {
    timer = null;
    const [oldest] = awaited;
    if (oldest === undefined) return;
    const leftMs = oldest.untilMs - monotonicMs();
    if (leftMs > 0) timer = setTimeout(look, leftMs);
    else overdue();
  };
  return {
    expect() {
      const one = { untilMs: monotonicMs() + deadlineMs };
      awaited.add(one);
      timer ??= setTimeout(look, deadlineMs);
      return one;
    },
    came: (one) => void awaited.delete(one),
    stop() {
      awaited.clear();
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

/**
 * For mqtt.js, which sets its ping anew with every acknowledgement: one timer that is pushed back, where a new one
 * each time costs as much as the acknowledgement. It holds no process back; the connection does.
 *
 * @param slowestMs rings as often at least, whatever keep-alive a broker asks for: who pings more often than he has to
 *   (MQTT 5, 3.1.2.10) notices a dead link as soon as ever
 */
export function createPingTimer(slowestMs: number) {
  let timer: NodeJS.Timeout | null = null;
  let periodMs = 0;
  let ping: (() => void) | null = null;

  const ring = (): void => {
    if (ping === null) {
      timer = null;
      return;
    }
    timer?.refresh();
    ping();
  };
  return {
    set(work: () => void, everyMs: number): number {
      ping = work;
      const wantedMs = Math.min(everyMs, slowestMs);
      if (timer !== null && wantedMs === periodMs) timer.refresh();
      else {
        if (timer !== null) clearTimeout(timer);
        periodMs = wantedMs;
        timer = setTimeout(ring, periodMs).unref();
      }
      return 1;
    },
    clear(): void {
      ping = null;
    },
  };
}
