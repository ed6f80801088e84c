/** Pauses between attempts to connect: full jitter, so that a thousand cabinets do not return as one. */
export interface Backoff {
  /** Pause before the next attempt, ms: uniform between the minimum and a limit that doubles each time. */
  nextMs(): number;
  /** The link proved stable: the next pause is short again. */
  reset(): void;
}

export function createBackoff(options: {
  readonly minMs: number;
  readonly maxMs: number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}): Backoff {
  const { minMs, maxMs, random = Math.random } = options;
  let limitMs = minMs;
  return {
    nextMs() {
      limitMs = Math.min(maxMs, limitMs * 2);
      return minMs + random() * Math.max(0, limitMs - minMs);
    },
    reset() {
      limitMs = minMs;
    },
  };
}
