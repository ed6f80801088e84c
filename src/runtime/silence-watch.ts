/**
 * Decides whether a peer has gone silent. One late check is not enough: when this very process was held up (a
 * slow disk, a suspended machine), the peer's values wait unread and are delivered before the next check.
 */
export interface SilenceWatch {
  heard(nowMs: number): void;
  /** To be asked a few times per limit; true from the second late answer in a row on. */
  isSilent(nowMs: number): boolean;
  silentForMs(nowMs: number): number;
}

/** `firstWithinMs` is the time until the first value: a child loads its native add-on before it speaks. */
export function createSilenceWatch(options: {
  readonly startedAtMs: number;
  readonly firstWithinMs: number;
  readonly limitMs: number;
}): SilenceWatch {
  let heardAtMs = options.startedAtMs;
  let dueMs = options.startedAtMs + options.firstWithinMs;
  let late = 0;
  return {
    heard(nowMs) {
      heardAtMs = nowMs;
      dueMs = nowMs + options.limitMs;
      late = 0;
    },
    isSilent(nowMs) {
      late = nowMs > dueMs ? late + 1 : 0;
      return late >= 2;
    },
    silentForMs: (nowMs) => nowMs - heardAtMs,
  };
}
