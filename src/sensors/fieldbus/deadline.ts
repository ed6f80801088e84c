import { monotonicMs } from '../../base/clock.ts';

/** When an exchange is given up. Setting it costs two numbers: one timer serves all exchanges of a bus. */
export interface Deadline {
  set(atMs: number): void;
  clear(): void;
}

export function createDeadline(onPassed: () => void): Deadline {
  let atMs = Number.POSITIVE_INFINITY;
  let timer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | null = null;

  const arm = (): void => {
    const handle = setTimeout(look, Math.max(1, Math.ceil(atMs - monotonicMs())));
    timer = { handle, atMs };
  };
  const look = (): void => {
    timer = null;
    if (atMs === Number.POSITIVE_INFINITY) return;
    if (monotonicMs() < atMs) {
      arm();
      return;
    }
    // A stalled process finds timer and reply due at once: the reply gets its turn first.
    const passedMs = atMs;
    setImmediate(() => {
      if (atMs !== passedMs) return;
      atMs = Number.POSITIVE_INFINITY;
      onPassed();
    });
  };
  return {
    set(nextMs) {
      atMs = nextMs;
      if (timer !== null && timer.atMs <= nextMs) return;
      if (timer !== null) clearTimeout(timer.handle);
      arm();
    },
    clear() {
      atMs = Number.POSITIVE_INFINITY;
    },
  };
}
