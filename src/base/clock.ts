/** How far the wall clock can be trusted when a stamp was made. */
export type ClockQuality = 'synced' | 'holdover' | 'unsynced' | 'stepped';

/**
 * One reading of both clocks. `monoMs` is Linux CLOCK_MONOTONIC: it never steps, and every process of one
 * boot shares it, so a child's stamps need no translation. `wallMs` is UTC since 1970.
 */
export interface Now {
  readonly monoMs: number;
  readonly wallMs: number;
  readonly quality: ClockQuality;
}

/** The source of time; the only thing in the program that reads a clock. */
export interface Clock {
  now(): Now;
  monoMs(): number;
}

/**
 * What the machine's time source says of the clock. `synced`: it disciplines it. `lost`: it did since the machine was
 * started, and no longer does. `never`: a time client is at work, has not reached its source since the machine was started,
 * and no battery-backed clock had set the time. `unknown`: nobody can be asked.
 */
export type TimeSourceState = 'synced' | 'lost' | 'never' | 'unknown';

/** Wall and monotonic clock drift apart by NTP slewing; beyond this in one reading it is a step. */
export const CLOCK_STEP_MS = 500;

/** So long after a step stamps are told as such: those before and after it cannot be subtracted. */
export const STEPPED_FOR_MS = 60_000;

/** Before this the clock was never set (an RTC that lost its battery starts in 1970 or when it was made). */
const EARLIEST_PLAUSIBLE_MS = Date.UTC(2025, 0, 1);

/** False for a time that only a clock shows that nobody has set. */
export function isPlausible(wallMs: number): boolean {
  return wallMs >= EARLIEST_PLAUSIBLE_MS;
}

/** Monotonic milliseconds, with microsecond fractions, comparable between processes of one boot. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** The machine's clocks. Anybody may read them, as often as they like: a step is seen by all. */
export function createSystemClock(source: () => TimeSourceState = () => 'synced'): Clock {
  return createClock({ source, monoMs: monotonicMs, wallMs: Date.now });
}

/** A clock on any two counters, so that tests need not wait for time to pass. */
export function createClock(counters: {
  readonly source: () => TimeSourceState;
  readonly monoMs: () => number;
  readonly wallMs: () => number;
}): Clock {
  let offsetMs = counters.wallMs() - counters.monoMs();
  let steppedAtMs = Number.NEGATIVE_INFINITY;
  return {
    monoMs: counters.monoMs,
    now() {
      const monoMs = counters.monoMs();
      const wallMs = counters.wallMs();
      if (Math.abs(wallMs - monoMs - offsetMs) > CLOCK_STEP_MS) steppedAtMs = monoMs;
      offsetMs = wallMs - monoMs;
      const sinceStepMs = monoMs - steppedAtMs;
      return { monoMs, wallMs, quality: qualityOf({ wallMs, sinceStepMs, source: counters.source() }) };
    },
  };
}

/** The first that holds: never set, stepped lately, disciplined, running free. docs/decisions/0005 tells why. */
function qualityOf(reading: {
  readonly wallMs: number;
  readonly sinceStepMs: number;
  readonly source: TimeSourceState;
}): ClockQuality {
  if (!isPlausible(reading.wallMs) || reading.source === 'never') return 'unsynced';
  if (reading.sinceStepMs < STEPPED_FOR_MS) return 'stepped';
  return reading.source === 'synced' ? 'synced' : 'holdover';
}
