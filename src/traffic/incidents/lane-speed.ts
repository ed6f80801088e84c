import { MS_PER_H } from '../../base/units.ts';
import { type Drive, SPEED_WINDOW_MS } from './lane-witness.ts';

/** Space-mean speed of the vehicles of the last minute, km/h; null for fewer than asked for. */
export function meanSpeedKmh(
  drives: readonly Drive[],
  of: { readonly nowMs: number; readonly vehicles: number },
): number | null {
  const speeds = drives.flatMap(({ atMs, speedKmh }) =>
    speedKmh === null || speedKmh <= 0 || of.nowMs - atMs > SPEED_WINDOW_MS ? [] : [speedKmh],
  );
  if (speeds.length < of.vehicles) return null;
  return speeds.length / speeds.reduce((sum, speed) => sum + 1 / speed, 0);
}

/** A vehicle's speed, or what its time on the loop makes likely, km/h; null without either. */
export function likelySpeedKmh({ speedKmh, onTimeMs }: Drive, effectiveLengthM: number): number | null {
  if (speedKmh !== null) return speedKmh;
  if (onTimeMs === null || onTimeMs <= 0) return null;
  return (effectiveLengthM / 1000 / onTimeMs) * MS_PER_H;
}
