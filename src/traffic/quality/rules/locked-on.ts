import type { RuleState } from './rule.ts';

export interface LockedOn extends RuleState {
  readonly onMs: number | null;
  /** How long of the time since `onMs` the output was read and on. */
  readonly heldMs: number;
}

export type LockedOnInput =
  | { readonly kind: 'occupied'; readonly atMs: number }
  | { readonly kind: 'free' }
  | { readonly kind: 'read'; readonly fromMs: number; readonly toMs: number };

export const NOT_LOCKED: LockedOn = { faultySinceMs: null, onMs: null, heldMs: 0 };

/**
 * An output that stays on for longer than traffic explains (NTCIP 1202 "max presence"; the limit depends on the
 * lane: 2 min on a free carriageway, longer than a red at a stop line). A silent bus does not lengthen it.
 */
export function foldLockedOn(state: LockedOn, input: LockedOnInput, limitS: number): LockedOn {
  switch (input.kind) {
    case 'free':
      return NOT_LOCKED;
    case 'occupied':
      return state.onMs === null ? { ...state, onMs: input.atMs, heldMs: 0 } : state;
    case 'read': {
      if (state.onMs === null) return state;
      const heldMs = state.heldMs + Math.max(0, input.toMs - Math.max(input.fromMs, state.onMs));
      const faultySinceMs = state.faultySinceMs ?? (heldMs > limitS * 1000 ? state.onMs : null);
      return { ...state, heldMs, faultySinceMs };
    }
  }
}
