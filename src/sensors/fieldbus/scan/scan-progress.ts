/** How many questions of a scan are done; said often enough for a screen and no oftener. */
export interface ScanProgress {
  /** The questions of one port or peer. */
  line(questions: number): LineProgress;
}

export interface LineProgress {
  /** Before each question; null when it is too soon to say something again. */
  next(nowMs: number): { readonly done: number; readonly of: number } | null;
  /** What has not been asked by now never will be. */
  end(): void;
}

export const TELL_EVERY_MS = 200;

export function createProgress(questions: number): ScanProgress {
  let of = questions;
  let done = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return {
    line(planned) {
      let asked = 0;
      return {
        next(nowMs) {
          const before = done;
          asked += 1;
          done += 1;
          if (nowMs - toldAtMs < TELL_EVERY_MS) return null;
          toldAtMs = nowMs;
          return { done: before, of };
        },
        end() {
          of -= planned - asked;
        },
      };
    },
  };
}
