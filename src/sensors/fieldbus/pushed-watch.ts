/**
 * What a device says by itself about every `everyMs`. Nobody knows its phase, so each arrival sets the grid
 * anew: the next one is due a period later and missing half a period after that. Reads no clock.
 */
export interface PushedWatch {
  arrived(nowMs: number): void;
  /** How many were missed since the last call; they are counted as due. */
  missedUntil(nowMs: number): number;
  /** The line was away: it could not come. */
  restart(nowMs: number): void;
  /** Times at which it was due, kept or missed. */
  readonly due: number;
}

export function createPushedWatch(everyMs: number, startMs: number): PushedWatch {
  let lastMs = startMs;
  let due = 0;
  return {
    arrived(nowMs) {
      lastMs = nowMs;
      due += 1;
    },
    missedUntil(nowMs) {
      const missed = Math.max(0, Math.floor((nowMs - lastMs) / everyMs - 0.5));
      lastMs += missed * everyMs;
      due += missed;
      return missed;
    },
    restart(nowMs) {
      lastMs = nowMs;
    },
    get due() {
      return due;
    },
  };
}
