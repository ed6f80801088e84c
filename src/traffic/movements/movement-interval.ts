import type { Gap } from '../record.ts';

/** Vehicles that came in through one zone of a camera's picture and went out through another. */
export interface MovementCount {
  readonly entry: string;
  readonly exit: string;
  readonly count: number;
  /** `count` by class group: light, heavy, motorcycle, other. */
  readonly classCounts: Readonly<Record<string, number>>;
}

/**
 * Turning movements that one camera saw over [startMs, endMs). A vehicle belongs to the interval in which it went
 * out; one whose track was lost between the zones is in no pair, but `unmatched` where it was seen.
 */
export interface MovementInterval {
  readonly camera: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly widthS: number;
  /** True when the interval was cut short (start, stop, clock step). */
  readonly partial: boolean;
  /** Every pair of an entry and an exit zone, with zero where nobody turned; null when nothing was measured. */
  readonly movements: readonly MovementCount[] | null;
  /** By entry zone: vehicles that came in and were lost. */
  readonly unmatchedEntries: Readonly<Record<string, number>> | null;
  /** By exit zone: vehicles that went out and had not been seen to come in. */
  readonly unmatchedExits: Readonly<Record<string, number>> | null;
  readonly expected: number;
  readonly received: number;
  readonly coveragePct: number;
  readonly gaps: readonly Gap[];
}
