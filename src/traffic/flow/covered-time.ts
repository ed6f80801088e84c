import { type Span, sharedMs } from '../span.ts';

/** A stretch of which a part is covered: all of it where every reading came. */
export interface Stretch extends Span {
  readonly coveredMs: number;
}

/** Which time of an interval is covered: stretches that do not overlap, oldest first. */
export type CoveredTime = readonly Stretch[];

/** Stretches kept; beyond it the newest ones are joined, and the time is covered evenly over both. */
const MAX_STRETCHES = 32;
/** Shares that differ by less are the same. */
const SAME_SHARE = 1e-6;

/** Adds a stretch that begins where the last one ends, or later. */
export function cover(time: CoveredTime, stretch: Stretch): CoveredTime {
  const last = time.at(-1);
  const continues =
    last !== undefined &&
    stretch.fromMs - last.toMs < 1 &&
    Math.abs(shareOf(last) - shareOf(stretch)) < SAME_SHARE;
  if (last === undefined || (!continues && time.length < MAX_STRETCHES)) return [...time, stretch];
  const coveredMs = last.coveredMs + stretch.coveredMs;
  return [...time.slice(0, -1), { fromMs: last.fromMs, toMs: stretch.toMs, coveredMs }];
}

/** Covered time outside of other spans, which do not overlap each other. */
export function coveredOutside(time: CoveredTime, others: readonly Span[]): number {
  return time.reduce((sum, stretch) => {
    const insideMs = others.reduce((ms, other) => ms + sharedMs(stretch, other), 0);
    return sum + Math.max(0, stretch.coveredMs - insideMs * shareOf(stretch));
  }, 0);
}

function shareOf({ fromMs, toMs, coveredMs }: Stretch): number {
  return coveredMs / (toMs - fromMs);
}
