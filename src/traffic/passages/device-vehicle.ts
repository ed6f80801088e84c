import type { VehicleDetection } from '../observations/observation.ts';
import { lengthClassOf } from './length-class.ts';
import { blankPassage, type Station } from './loop-station.ts';
import type { CompletedPassage } from './passage.ts';

/** More missed vehicles than this in one report are a device that lost count, not traffic. */
const MAX_MISSED = 1000;

/** The vehicles of one report of a device: those it could not describe, then the one it measured. */
export function deviceVehicles(
  station: Station,
  detection: VehicleDetection,
  lastFrontMs: number | null,
): readonly CompletedPassage[] {
  const { atMs, onTimeMs, speedKmh, lengthM, direction, missedBefore } = detection;
  const missed = missedBefore > MAX_MISSED ? 0 : missedBefore;
  const sinceMs = Math.min(lastFrontMs ?? atMs, atMs);
  const before = Array.from({ length: missed }, (_, index): CompletedPassage => {
    const missedAtMs = sinceMs + ((index + 1) / (missed + 1)) * (atMs - sinceMs);
    return { ...blankPassage(station), frontMs: missedAtMs, completedMs: missedAtMs, counterOnly: true };
  });
  const rearMs = onTimeMs === null ? null : atMs + onTimeMs;
  return [
    ...before,
    {
      ...blankPassage(station),
      direction,
      frontMs: atMs,
      rearMs,
      completedMs: rearMs ?? atMs,
      onTimeMs,
      speedKmh,
      speedMethod: speedKmh === null ? null : 'device',
      lengthM,
      lengthClass: lengthClassOf(station.classScheme, lengthM),
      class: detection.class,
    },
  ];
}
