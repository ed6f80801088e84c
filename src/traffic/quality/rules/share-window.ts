import type { RuleState } from './rule.ts';

/** How many of the last things were bad. The window fills, is judged, and begins again. */
export interface ShareWindow extends RuleState {
  readonly all: number;
  readonly bad: number;
  readonly firstBadMs: number;
}

export const EMPTY_SHARE: ShareWindow = { faultySinceMs: null, all: 0, bad: 0, firstBadMs: 0 };

/**
 * Opens as soon as the bad ones of this window are more than `limitPct` of a whole one, whatever is still to
 * come; closes at the end of a whole window that is not above the limit.
 */
export function foldShare(
  state: ShareWindow,
  some: { readonly all: number; readonly bad: number; readonly atMs: number },
  limit: { readonly window: number; readonly limitPct: number },
): ShareWindow {
  const all = state.all + some.all;
  const bad = state.bad + some.bad;
  const firstBadMs = state.bad === 0 && some.bad > 0 ? some.atMs : state.firstBadMs;
  const isOver = bad * 100 > limit.limitPct * Math.max(limit.window, all);
  const faultySinceMs = state.faultySinceMs ?? (isOver ? firstBadMs : null);
  if (all < limit.window) return { faultySinceMs, all, bad, firstBadMs };
  return { ...EMPTY_SHARE, faultySinceMs: isOver ? faultySinceMs : null };
}
