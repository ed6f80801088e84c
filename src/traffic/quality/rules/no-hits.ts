import type { RuleState } from './rule.ts';

export interface NoHits extends RuleState {
  readonly lastHitMs: number;
  /** Time in which a vehicle should have come and none did; only time in which the loop was read counts. */
  readonly emptyMs: number;
}

export type NoHitsInput =
  | { readonly kind: 'hit'; readonly atMs: number }
  | { readonly kind: 'empty'; readonly activeMs: number };

export function openNoHits(atMs: number): NoHits {
  return { faultySinceMs: null, lastHitMs: atMs, emptyMs: 0 };
}

/** No vehicle for longer than any traffic explains (IRIS: by kind of lane). The first vehicle ends it. */
export function foldNoHits(state: NoHits, input: NoHitsInput, limitS: number): NoHits {
  if (input.kind === 'hit') return openNoHits(input.atMs);
  const emptyMs = state.emptyMs + input.activeMs;
  const faultySinceMs = state.faultySinceMs ?? (emptyMs >= limitS * 1000 ? state.lastHitMs : null);
  return { ...state, emptyMs, faultySinceMs };
}
