/**
 * What keeps a dead device from eating its neighbours' time: after a few failures in a row it is asked again
 * only after a pause, and each further failure doubles the pause.
 */
export interface Breaker {
  readonly failuresInRow: number;
  /** 0 while it is not paused. */
  readonly pauseMs: number;
  readonly pausedUntilMs: number;
}

export const FAILURES_BEFORE_PAUSE = 3;
export const SHORTEST_PAUSE_MS = 1000;
export const LONGEST_PAUSE_MS = 30_000;
/** A try on a dead device costs the bus up to two response timeouts (marker read): at most a fifth of its time. */
export const PAUSE_PER_TIMEOUT = 10;

export const HEALTHY_BREAKER: Breaker = { failuresInRow: 0, pauseMs: 0, pausedUntilMs: 0 };

export function failBreaker(
  breaker: Breaker,
  at: { readonly nowMs: number; readonly responseTimeoutMs: number },
): Breaker {
  const failuresInRow = breaker.failuresInRow + 1;
  if (failuresInRow < FAILURES_BEFORE_PAUSE) return { ...breaker, failuresInRow };
  const firstMs = Math.max(SHORTEST_PAUSE_MS, PAUSE_PER_TIMEOUT * at.responseTimeoutMs);
  const pauseMs = breaker.pauseMs === 0 ? firstMs : breaker.pauseMs * 2;
  const boundedMs = Math.min(pauseMs, LONGEST_PAUSE_MS);
  return { failuresInRow, pauseMs: boundedMs, pausedUntilMs: at.nowMs + boundedMs };
}
