import type { Pulse } from '../passages/pulse.ts';

/** The code of the fault and of the distrust that goes with it. */
export const LOCKED_ON = 'locked-on';

/**
 * Since when a loop has been on for longer than traffic explains, or null (NTCIP 1202 "max presence";
 * the limit depends on the lane: 2 min on a free carriageway, longer than a red phase at a stop line).
 */
export function lockedOnSince(open: Pulse | null, limit: { nowMs: number; limitMs: number }): number | null {
  return open !== null && limit.nowMs - open.onMs > limit.limitMs ? open.onMs : null;
}
