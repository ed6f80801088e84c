/** Allows so many at once, and so many in the long run (a token bucket). */
export interface RateLimit {
  take(nowMs: number): boolean;
}

export function createRateLimit({
  burst,
  perS,
}: {
  readonly burst: number;
  readonly perS: number;
}): RateLimit {
  let left = burst;
  let sinceMs = Number.NEGATIVE_INFINITY;
  return {
    take(nowMs) {
      if (nowMs > sinceMs) {
        left = Math.min(burst, left + ((nowMs - sinceMs) / 1000) * perS);
        sinceMs = nowMs;
      }
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
