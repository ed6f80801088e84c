import { kmhFromMs, MS_PER_S, msFromKmh } from '../../base/units.ts';
import { onTimeMs, type Pulse } from './pulse.ts';

/**
 * Slower or faster is a pairing error or a vehicle that did not keep its speed. IRIS accepts 8-193 km/h from
 * its Canoga cards; here on-times that differ already tell a queue, so a little slower is believed too.
 */
const PLAUSIBLE_SPEED_KMH = { min: 5, max: 200 } as const;
/** IRIS, Canoga driver: an on-time is believed within these. */
const PLAUSIBLE_ON_MS = { min: 20, max: 120_000 } as const;
/** Shorter than any vehicle a loop sees; what measures less is two vehicles taken for one. */
const SHORTEST_VEHICLE_M = 1;
/** Longer than any vehicle on a public road. */
const LONGEST_VEHICLE_M = 40;
/**
 * A vehicle that keeps its speed occupies both loops equally long (IRIS, Canoga driver: within 10 %). In
 * stop-and-go the on-times differ, and then travel time over spacing is the speed of no moment.
 */
const ON_TIME_AGREEMENT = 0.1;
/**
 * The largest share of the travel time that the edges may leave open. At this share polled edges stand for
 * four reads between the loops, and the standard error of one speed (edges spread evenly over ±u: the bound
 * divided by 2·√3) is 7 %: about half of how much free drivers differ from each other, so that the speed still
 * tells something about this vehicle.
 */
const MAX_TIMING_SHARE = 0.25;

export interface DualLoopGeometry {
  readonly spacingM: number;
  readonly loopLengthM: number;
}

/** Of one vehicle, in the order in which it met the loops. */
export interface DualLoopPulses {
  readonly first: Pulse;
  readonly second: Pulse;
}

export interface DualLoopMeasure {
  readonly speedKmh: number | null;
  /** The true speed lies within ± this of it as far as the timing of the edges goes, percent. */
  readonly speedUncertaintyPct: number | null;
  readonly lengthM: number | null;
}

/** Mean speed of one vehicle over the station, whatever it did there. */
export interface TravelSpeed {
  readonly speedKmh: number;
  /** The true pace 1/v lies within ± this of it as far as the timing of the edges goes, percent. */
  readonly paceUncertaintyPct: number;
}

export const NO_MEASURE: DualLoopMeasure = { speedKmh: null, speedUncertaintyPct: null, lengthM: null };

/** The longest travel time between the loops that still makes a speed, ms. */
export function slowestTravelMs(spacingM: number): number {
  return (spacingM / msFromKmh(PLAUSIBLE_SPEED_KMH.min)) * MS_PER_S;
}

/**
 * Spot speed and length of one vehicle from its two pulses, in the order in which it met the loops.
 * The travel time is the mean of the leading-edge and the trailing-edge difference, which cancels a difference
 * in sensitivity between the loops (IRIS, Canoga driver); the length is v·(on1+on2)/2 − loop length.
 * Nothing is returned when an edge was not seen, when the edges are too coarse to carry a speed, or when the
 * vehicle did not keep one.
 */
export function measureDualLoop(pulses: DualLoopPulses, geometry: DualLoopGeometry): DualLoopMeasure {
  const onMs = sharedOnTime(pulses.first, pulses.second);
  const travel = travelTime(pulses);
  if (onMs === null || travel === null) return NO_MEASURE;
  const { travelMs, openMs } = travel;
  if (openMs > MAX_TIMING_SHARE * travelMs) return NO_MEASURE;
  const speedMs = geometry.spacingM / (travelMs / MS_PER_S);
  const speedKmh = kmhFromMs(speedMs);
  const lengthM = (speedMs * onMs) / MS_PER_S - geometry.loopLengthM;
  if (speedKmh < PLAUSIBLE_SPEED_KMH.min || speedKmh > PLAUSIBLE_SPEED_KMH.max) return NO_MEASURE;
  if (lengthM < SHORTEST_VEHICLE_M || lengthM > LONGEST_VEHICLE_M) return NO_MEASURE;
  // The true travel time lies within ±openMs, so the speed between D/(t+u) and D/(t−u); the latter is farther.
  return { speedKmh, speedUncertaintyPct: (100 * openMs) / (travelMs - openMs), lengthM };
}

/**
 * Mean speed over the station: spacing over travel time, also of a vehicle that stood on it. It is no spot
 * speed, but the mean of such travel times makes the space-mean speed (Edie 1963: distance over time spent).
 * However coarse the edges are, their errors cancel out in that mean; left out are travel times that no
 * vehicle can have had. Null when an edge was not seen.
 */
export function travelSpeed(pulses: DualLoopPulses, { spacingM }: DualLoopGeometry): TravelSpeed | null {
  const travel = travelTime(pulses);
  if (travel === null) return null;
  const { travelMs, openMs } = travel;
  const isPossible = travelMs + openMs >= (spacingM / msFromKmh(PLAUSIBLE_SPEED_KMH.max)) * MS_PER_S;
  if (!isPossible) return null;
  return {
    speedKmh: kmhFromMs(spacingM / (travelMs / MS_PER_S)),
    paceUncertaintyPct: (100 * openMs) / travelMs,
  };
}

/** Mean of the front's and the rear's travel time, and how far it may be off; null where it is not known. */
function travelTime({
  first,
  second,
}: DualLoopPulses): { readonly travelMs: number; readonly openMs: number } | null {
  if (onTimeMs(first) === null || onTimeMs(second) === null) return null;
  const [firstOffMs, secondOffMs] = [first.offMs ?? 0, second.offMs ?? 0];
  const travelMs = (second.onMs - first.onMs + (secondOffMs - firstOffMs)) / 2;
  return travelMs > 0 ? { travelMs, openMs: (timingMs(first) + timingMs(second)) / 2 } : null;
}

/** Whether both loops were occupied equally long, as far as that is known. */
export function keptItsSpeed(first: Pulse, second: Pulse): boolean {
  return sharedOnTime(first, second) !== null;
}

/** The mean on-time of both loops where they agree as far as their edges are known, else null. */
function sharedOnTime(first: Pulse, second: Pulse): number | null {
  const firstMs = onTimeMs(first);
  const secondMs = onTimeMs(second);
  if (firstMs === null || secondMs === null) return null;
  const meanMs = (firstMs + secondMs) / 2;
  if (meanMs < PLAUSIBLE_ON_MS.min || meanMs > PLAUSIBLE_ON_MS.max) return null;
  const allowedMs = ON_TIME_AGREEMENT * meanMs + timingMs(first) + timingMs(second);
  return Math.abs(firstMs - secondMs) <= allowedMs ? meanMs : null;
}

/** How far both edges of a pulse together may be off. */
function timingMs(pulse: Pulse): number {
  return pulse.onUncertaintyMs + pulse.offUncertaintyMs;
}
