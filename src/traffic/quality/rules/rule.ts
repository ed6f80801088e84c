/**
 * What every rule about a loop remembers. A rule is a state and one pure function from a state and an input to
 * the next state; times are monotonic ms, limits come from the lane and are positive (0 means: not applied).
 */
export interface RuleState {
  /** Since when the rule holds its loop faulty; null while it does not. */
  readonly faultySinceMs: number | null;
}

/** What a loop showed in one bin of 30 s, or in one interval that the device made itself. */
export interface BinFigures {
  readonly fromMs: number;
  readonly toMs: number;
  /** Vehicles that came; null when the device did not say. */
  readonly vehicles: number | null;
  /** Vehicles according to something that does not rest on the occupancy; null when there is none. */
  readonly independentCount: number | null;
  readonly occupancyPct: number | null;
  /** The bin's length as limits by the time of day count it: in quiet hours less than it is. */
  readonly activeMs: number;
}

export const BIN_MS = 30_000;
