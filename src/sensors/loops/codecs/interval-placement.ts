import type { Moment } from '../device-session.ts';

/** The device's clock may run this much ahead of ours before its stamps are not believed. */
const AHEAD_MS = 2000;

export interface IntervalPlacement {
  /** Where on our monotonic clock an interval ended that the device has stamped with its own wall clock. */
  endOf(interval: { readonly endWallMs: number | null; readonly periodMs: number }, at: Moment): number;
}

/**
 * A stamp is believed within two periods of its reception, as IRIS does. Once it was, older stamps are too:
 * a device that is asked again after an outage hands over what it has kept. Otherwise the interval ended when
 * it was received, which is late by up to one poll.
 */
export function createIntervalPlacement(): IntervalPlacement {
  let isTrusted = false;
  let newestWallMs = -Infinity;
  return {
    endOf({ endWallMs, periodMs }, { monoMs, wallMs }) {
      if (endWallMs === null) return monoMs;
      const ageMs = wallMs - endWallMs;
      const isFresh = ageMs >= -AHEAD_MS && ageMs <= 2 * periodMs;
      const isKept = isTrusted && ageMs > 0 && endWallMs > newestWallMs;
      if (!isFresh && !isKept) {
        isTrusted = false;
        return monoMs;
      }
      isTrusted = true;
      newestWallMs = Math.max(newestWallMs, endWallMs);
      return monoMs - Math.max(0, ageMs);
    },
  };
}
