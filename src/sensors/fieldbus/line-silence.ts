import { monotonicMs } from '../../base/clock.ts';

/** A line that is not silent for so long is babbling: a stuck transmitter, or a second master. */
export const BABBLE_LIMIT_MS = 3000;

/** The silence that a half-duplex line must have had before somebody is asked. */
export interface LineSilence {
  /** Bytes were heard, or an exchange has ended, just now. */
  broken(): void;
  /** How long the line must have been silent before the next request. */
  need(ms: number): void;
  readonly neededMs: number;
  /** False when the line does not become silent, or `isLineGone` says that waiting is pointless. */
  await(isLineGone: () => boolean): Promise<boolean>;
}

export function createLineSilence(neededMs: number): LineSilence {
  let sinceMs = monotonicMs();
  let needed = neededMs;
  return {
    broken() {
      sinceMs = monotonicMs();
    },
    need(ms) {
      needed = ms;
    },
    get neededMs() {
      return needed;
    },
    async await(isLineGone) {
      const giveUpAtMs = monotonicMs() + needed + BABBLE_LIMIT_MS;
      for (;;) {
        const nowMs = monotonicMs();
        const restMs = sinceMs + needed - nowMs;
        if (restMs <= 0) return true;
        if (isLineGone() || nowMs > giveUpAtMs) return false;
        await pause(restMs);
      }
    },
  };
}

/**
 * Timers count whole milliseconds, and rounded up they would cost a bus at 115200 Bd a sixth of its rate: what
 * is left below one millisecond is passed in turns of the event loop.
 */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms < 1) setImmediate(resolve);
    else setTimeout(resolve, Math.floor(ms));
  });
}
