import type { Moment } from '../device-session.ts';

/** Every time zone in use is a multiple of this away from UTC (IANA time zone database). */
const ZONE_STEP_MS = 900_000;
const WIDEST_ZONE_MS = 14 * 3_600_000;

/**
 * When something happened that a device stamped in a zone that nobody told, monotonic ms. The zone is the one
 * that puts the stamp nearest to now. What is then further off than `toleranceMs` comes from a wrong clock:
 * the moment of arrival stands for it, and so it does for a stamp that lies ahead of now.
 */
export function placeLocalStamp(
  stampMs: number,
  { at, toleranceMs }: { readonly at: Moment; readonly toleranceMs: number },
): number {
  const aheadMs = stampMs - at.wallMs;
  const zoneMs = Math.round(aheadMs / ZONE_STEP_MS) * ZONE_STEP_MS;
  const errorMs = aheadMs - zoneMs;
  if (Math.abs(zoneMs) > WIDEST_ZONE_MS || Math.abs(errorMs) > toleranceMs) return at.monoMs;
  return at.monoMs + Math.min(errorMs, 0);
}
