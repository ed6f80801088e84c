import { kmhFromMs, MS_PER_S } from '../../base/units.ts';
import { onTimeMs, type Pulse } from './pulse.ts';

/** Faster or slower is a pairing error, not a vehicle (IRIS Canoga accepts 8-193 km/h; queues are slower). */
const PLAUSIBLE_SPEED_KMH = { min: 1, max: 200 } as const;
/** A speed whose edge uncertainty exceeds this share of the travel time is not published. */
const MAX_TIMING_UNCERTAINTY_SHARE = 0.5;

export interface DualLoopGeometry {
  readonly spacingM: number;
  readonly loopLengthM: number;
}

export interface DualLoopMeasure {
  readonly speedKmh: number | null;
  readonly lengthM: number | null;
}

const NOTHING: DualLoopMeasure = { speedKmh: null, lengthM: null };

/**
 * Spot speed and length of one vehicle from its two pulses, in the order in which it met the loops.
 * The travel time is the mean of the leading-edge and the trailing-edge difference, which cancels a difference
 * in sensitivity between the loops (IRIS, Canoga driver); the length is v·(on1+on2)/2 − loop length.
 * Nothing is returned when an edge was not seen or polling was too coarse to carry a speed.
 */
export function measureDualLoop(
  pulses: { readonly first: Pulse; readonly second: Pulse },
  geometry: DualLoopGeometry,
): DualLoopMeasure {
  const { first, second } = pulses;
  const firstOnMs = onTimeMs(first);
  const secondOnMs = onTimeMs(second);
  if (firstOnMs === null || secondOnMs === null || first.offMs === null || second.offMs === null)
    return NOTHING;
  const travelMs = (second.onMs - first.onMs + (second.offMs - first.offMs)) / 2;
  if (travelMs <= 0) return NOTHING;
  const uncertaintyMs =
    (first.onUncertaintyMs + second.onUncertaintyMs + first.offUncertaintyMs + second.offUncertaintyMs) / 2;
  if (uncertaintyMs / travelMs > MAX_TIMING_UNCERTAINTY_SHARE) return NOTHING;
  const speedMs = geometry.spacingM / (travelMs / MS_PER_S);
  const speedKmh = kmhFromMs(speedMs);
  if (speedKmh < PLAUSIBLE_SPEED_KMH.min || speedKmh > PLAUSIBLE_SPEED_KMH.max) return NOTHING;
  const lengthM = (speedMs * (firstOnMs + secondOnMs)) / 2 / MS_PER_S - geometry.loopLengthM;
  return { speedKmh, lengthM: lengthM > 0 ? lengthM : null };
}
