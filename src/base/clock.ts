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

/** Wall and monotonic clock drift apart by NTP slewing; beyond this in one reading it is a step. */
export const CLOCK_STEP_MS = 500;

/** Before this the clock was never set (an RTC that lost its battery starts in 1970). */
const EARLIEST_PLAUSIBLE_MS = Date.UTC(2025, 0, 1);

/** Monotonic milliseconds, with microsecond fractions, comparable between processes of one boot. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** The machine's clocks. `isSynced` tells whether the kernel says that a time source disciplines the clock. */
export function createSystemClock(isSynced: () => boolean = () => true): Clock {
  let offsetMs = Date.now() - monotonicMs();
  return {
    monoMs: monotonicMs,
    now() {
      const monoMs = monotonicMs();
      const wallMs = Date.now();
      const stepped = Math.abs(wallMs - monoMs - offsetMs) > CLOCK_STEP_MS;
      offsetMs = wallMs - monoMs;
      return { monoMs, wallMs, quality: qualityOf({ wallMs, stepped, synced: isSynced() }) };
    },
  };
}

function qualityOf(reading: { wallMs: number; stepped: boolean; synced: boolean }): ClockQuality {
  if (reading.wallMs < EARLIEST_PLAUSIBLE_MS) return 'unsynced';
  if (reading.stepped) return 'stepped';
  return reading.synced ? 'synced' : 'holdover';
}
