import type { BinFigures, RuleState } from './rule.ts';

export interface Constant extends RuleState {
  /** The occupancy of the bin before; null when it is not known or was 0. */
  readonly occupancyPct: number | null;
  readonly sinceMs: number;
  readonly heldMs: number;
}

export const NOT_CONSTANT: Constant = { faultySinceMs: null, occupancyPct: null, sinceMs: 0, heldMs: 0 };

type ConstantInput = Pick<BinFigures, 'fromMs' | 'activeMs'> & { readonly occupancyPct: number };

/** Occupancies above 0 that stay the same to the last digit: a figure that is repeated, not measured (IRIS, PeMS). */
export function foldConstant(state: Constant, bin: ConstantInput, limitS: number): Constant {
  if (bin.occupancyPct === 0) return NOT_CONSTANT;
  const begun = { occupancyPct: bin.occupancyPct, sinceMs: bin.fromMs, heldMs: bin.activeMs };
  if (state.occupancyPct === null) return { ...begun, faultySinceMs: state.faultySinceMs };
  if (state.occupancyPct !== bin.occupancyPct) return { ...begun, faultySinceMs: null };
  const heldMs = state.heldMs + bin.activeMs;
  const faultySinceMs = state.faultySinceMs ?? (heldMs >= limitS * 1000 ? state.sinceMs : null);
  return { ...state, heldMs, faultySinceMs };
}
