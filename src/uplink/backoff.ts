/**
 * What a broker that refuses everybody has to bear from one site, in handshakes: a few quick ones, then one in so much
 * of the longest pause. With 60 s no more than 8 + 3600 / 33 = 117 in an hour, whatever chance says.
 */
const QUICK_ATTEMPTS = 8;
const STEADY_SHARE = 0.55;

/** Pauses between attempts to connect: full jitter, so that a thousand cabinets do not return as one. */
export interface Backoff {
  /** Pause before the next attempt, ms: uniform between the minimum and a limit that doubles each time. */
  nextMs(): number;
  /** The link proved stable for so long: the next pause is short again. */
  reset(stableMs?: number): void;
}

export function createBackoff(options: {
  readonly minMs: number;
  readonly maxMs: number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}): Backoff {
  const { minMs, maxMs, random = Math.random } = options;
  const steadyMs = maxMs * STEADY_SHARE;
  let limitMs = minMs;
  let quickLeft = QUICK_ATTEMPTS;
  const rest = (ms: number): void => {
    quickLeft = Math.min(QUICK_ATTEMPTS, quickLeft + ms / steadyMs);
  };
  return {
    nextMs() {
      limitMs = Math.min(maxMs, limitMs * 2);
      const drawnMs = minMs + random() * Math.max(0, limitMs - minMs);
      const pauseMs = Math.max(drawnMs, (1 - quickLeft) * steadyMs);
      rest(pauseMs);
      quickLeft -= 1;
      return pauseMs;
    },
    reset(stableMs = 0) {
      limitMs = minMs;
      rest(stableMs);
    },
  };
}
