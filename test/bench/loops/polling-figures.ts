/** When requests arrived → how well they kept their period. Pure. */
import { median, quantile } from '../common/quantile.ts';

export interface PollingFigures {
  readonly polls: number;
  readonly hz: number;
  /** How far the interval between two requests is from the period, ms. */
  readonly jitterP50Ms: number;
  readonly jitterP99Ms: number;
  readonly jitterMaxMs: number;
  /** Slots of the period's grid in which no request came. */
  readonly missedSlots: number;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export function within(stamps: readonly number[], { fromMs, toMs }: Span): readonly number[] {
  return stamps.filter((atMs) => atMs >= fromMs && atMs < toMs);
}

/** `stamps` in order, ms. Null when there are too few to speak of a period. */
export function pollingFigures(stamps: readonly number[], periodMs: number): PollingFigures | null {
  const [first] = stamps;
  const last = stamps.at(-1);
  if (first === undefined || last === undefined || stamps.length < 10) return null;
  const jitter = stamps.slice(1).map((atMs, index) => Math.abs(atMs - (stamps[index] ?? atMs) - periodMs));
  return {
    polls: stamps.length,
    hz: ((stamps.length - 1) * 1000) / (last - first),
    jitterP50Ms: quantile(jitter, 0.5),
    jitterP99Ms: quantile(jitter, 0.99),
    jitterMaxMs: quantile(jitter, 1),
    missedSlots: missedSlots(stamps, periodMs),
  };
}

/** The grid is laid through the median of the stamps, because the first one may be late itself. */
function missedSlots(stamps: readonly number[], periodMs: number): number {
  const first = stamps[0] ?? 0;
  const phases = stamps.map((atMs) => atMs - first - Math.round((atMs - first) / periodMs) * periodMs);
  const originMs = first + median(phases);
  const slots = stamps.map((atMs) => Math.round((atMs - originMs) / periodMs));
  return (slots.at(-1) ?? 0) - (slots[0] ?? 0) + 1 - new Set(slots).size;
}
