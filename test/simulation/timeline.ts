/** Simulated time: work waits in a queue, and time passes only by going to the next piece of it. */
export interface Timeline {
  /** Milliseconds since the simulation began. */
  readonly nowMs: number;
  /** Does the work so much later; works of one moment in the order in which they were planned. Returns a cancel. */
  after(delayMs: number, work: () => void): () => void;
  /** The running work takes so long: whatever falls due meanwhile is late. */
  pass(durationMs: number): void;
  /** Does the next piece of work; false when there is none before `untilMs`. */
  step(untilMs: number): boolean;
}

interface Planned {
  readonly atMs: number;
  readonly work: () => void;
  cancelled: boolean;
}

export function createTimeline(): Timeline {
  const planned: Planned[] = [];
  let nowMs = 0;

  /** Behind everything of the same moment. */
  const placeOf = (atMs: number): number => {
    let low = 0;
    let high = planned.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((planned[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    get nowMs() {
      return nowMs;
    },
    after(delayMs, work) {
      const each: Planned = { atMs: nowMs + Math.max(0, delayMs), work, cancelled: false };
      planned.splice(placeOf(each.atMs), 0, each);
      return () => {
        each.cancelled = true;
      };
    },
    pass(durationMs) {
      nowMs += durationMs;
    },
    step(untilMs) {
      while (planned[0]?.cancelled === true) planned.shift();
      const [next] = planned;
      if (next === undefined || next.atMs > untilMs) return false;
      planned.shift();
      nowMs = Math.max(nowMs, next.atMs);
      next.work();
      return true;
    },
  };
}
