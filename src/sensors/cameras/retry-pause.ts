/** How long to wait before the next attempt: twice as long each time, up to a limit, with jitter. */
export interface RetryPause {
  /** Between half and all of the current pause, so that the cameras of a cabinet do not return in step. */
  nextMs(): number;
  /** After success: the next failure starts with the first pause again. */
  reset(): void;
}

export function createRetryPause(options: {
  readonly firstMs: number;
  readonly limitMs: number;
  /** 0 to 1. */
  readonly random?: () => number;
}): RetryPause {
  const { firstMs, limitMs, random = Math.random } = options;
  let pauseMs = firstMs;
  return {
    nextMs() {
      const currentMs = Math.min(pauseMs, limitMs);
      pauseMs = currentMs * 2;
      return currentMs * (0.5 + 0.5 * random());
    },
    reset() {
      pauseMs = firstMs;
    },
  };
}
