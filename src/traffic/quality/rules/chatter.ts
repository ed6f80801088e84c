import type { RuleState } from './rule.ts';

/** Bins without chatter before the loop is believed again: 10 min. IRIS waits for 24 h; a repair shows sooner. */
export const CHATTER_CLEAN_BINS = 20;

export interface Chatter extends RuleState {
  /** Start of the first of the bins above the limit that touch the running one. */
  readonly highSinceMs: number | null;
  readonly cleanBins: number;
}

/** `per30S` so far in a running bin, or at last in a closed one; `unread` ends what was held. */
export type ChatterInput =
  | { readonly kind: 'running' | 'closed'; readonly per30S: number; readonly fromMs: number }
  | { readonly kind: 'unread' };

export const NO_CHATTER: Chatter = { faultySinceMs: null, highSinceMs: null, cleanBins: 0 };

/**
 * More pulses than vehicles can make in 30 s, held beyond one bin (IRIS: more than 37). The second bin need not
 * end: it is above the limit as soon as it has too many.
 */
export function foldChatter(state: Chatter, input: ChatterInput, limitPer30S: number): Chatter {
  if (input.kind === 'unread') return { ...state, highSinceMs: null };
  const isHigh = input.per30S > limitPer30S;
  const faultySinceMs = state.faultySinceMs ?? (isHigh ? state.highSinceMs : null);
  if (input.kind === 'running') {
    return faultySinceMs === state.faultySinceMs ? state : { ...state, faultySinceMs };
  }
  if (isHigh) return { faultySinceMs, highSinceMs: state.highSinceMs ?? input.fromMs, cleanBins: 0 };
  const cleanBins = faultySinceMs === null ? 0 : state.cleanBins + 1;
  return cleanBins < CHATTER_CLEAN_BINS ? { faultySinceMs, highSinceMs: null, cleanBins } : NO_CHATTER;
}
