/** A stretch of time, monotonic ms. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Milliseconds that two spans share. */
export function sharedMs(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.toMs, b.toMs) - Math.max(a.fromMs, b.fromMs));
}
