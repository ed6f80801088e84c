import { MS_PER_S } from '../base/units.ts';

/** How fast a backlog may go out. */
export interface BacklogPace {
  /** A connection stands: the first rows go after a random time, so that a city does not send all at once. */
  restart(nowMs: number): void;
  /** Rows that may go now. */
  allowance(nowMs: number): number;
  spend(rows: number): void;
  /** How long after `allowance` was asked for the same moment until a row may go. */
  waitMs(nowMs: number): number;
}

/** Rows that may go together after a pause. */
const BURST_S = 0.5;

/** @param random a share of [0, 1) */
export function createBacklogPace(
  settings: { readonly backfillPerS: number; readonly backfillDelayMaxMs: number },
  random: () => number,
): BacklogPace {
  const { backfillPerS, backfillDelayMaxMs } = settings;
  const most = Math.max(1, backfillPerS * BURST_S);
  let saved = 0;
  let sinceMs = 0;
  return {
    restart(nowMs) {
      saved = 0;
      sinceMs = nowMs + random() * backfillDelayMaxMs;
    },
    allowance(nowMs) {
      if (nowMs > sinceMs) {
        saved = Math.min(most, saved + ((nowMs - sinceMs) / MS_PER_S) * backfillPerS);
        sinceMs = nowMs;
      }
      return Math.floor(saved);
    },
    spend(rows) {
      saved -= rows;
    },
    waitMs(nowMs) {
      const savingMs = (Math.max(0, 1 - saved) / backfillPerS) * MS_PER_S;
      return Math.max(0, sinceMs - nowMs) + savingMs;
    },
  };
}
