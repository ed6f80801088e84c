import type { FlowInterval, LaneLength, LengthBasis } from '../record.ts';
import type { LaneDefinition, StationDefinition } from '../site-definition.ts';

/**
 * The effective length of a lane: vehicle plus loop, as its loop sees them. Flow, occupancy and mean speed
 * hang together by it, v = q·L/(10·O) with km/h, veh/h, m and percent (PeMS calls it the g-factor). It is
 * learned from whatever tells a speed of the lane, the best source that the lane has had.
 */
export interface EffectiveLength extends LaneLength {
  /** Running estimate of the occupancy below which LOW_OCCUPANCY_SHARE of the lane's intervals lie. */
  readonly lowOccupancyPct: number;
}

/**
 * Standard error that remains however many vehicles there were, as share. Free flow: per-lane free-flow speeds
 * of PeMS lie within ±10 % of their middle, and the limit is only a guess at it. Camera: its ground plane.
 */
const REMAINING_ERROR: Readonly<Record<LengthBasis, number>> = {
  configured: 0.25,
  'free-flow': 0.15,
  camera: 0.08,
  measured: 0.03,
};
const RANK: Readonly<Record<LengthBasis, number>> = { configured: 0, 'free-flow': 1, camera: 2, measured: 3 };
/** PeMS learns only from intervals below the 60th percentile of occupancy. */
const LOW_OCCUPANCY_SHARE = 0.6;
/** Above this no lane flows freely, whatever its percentile is. */
const FREE_FLOW_MAX_PCT = 10;
/** How far one interval moves the running percentile, percentage points. */
const PERCENTILE_STEP_PCT = 0.2;
/** PeMS: an interval of N vehicles weighs N/(N+50). */
const HALF_WEIGHT_VEHICLES = 50;
/** A motorcycle over a short loop, an articulated lorry over a long one. */
const PLAUSIBLE_M = { min: 3, max: 22 } as const;
/** Standard deviation of vehicle lengths in mixed traffic, as share of their mean. */
const LENGTH_SPREAD = 0.3;
/** An estimate with a larger standard error tells less than the speed limit does. */
const MAX_ERROR_SHARE = 0.3;
/** Less coverage, and flow and occupancy may be of different vehicles. */
const LEARNING_COVERAGE_PCT = 90;
/** So are they when more vehicles than this share were counted and never seen on the loop. */
const LEARNING_COUNTER_ONLY_SHARE = 0.05;
/** A vehicle that stops covers one loop while it stands and not the other: speed and occupancy tell different things. */
const LEARNING_SPOT_SHARE = 0.9;
const PLAUSIBLE_SPEED_KMH = { min: 1, max: 200 } as const;

/** Where the lane begins: with what an earlier run has learned, or with the site file. */
export function initialEffectiveLength(
  { effectiveLengthM }: StationDefinition,
  learned: LaneLength | null = null,
): EffectiveLength {
  const configured = { lengthM: effectiveLengthM, basis: 'configured', vehicles: 0 } as const;
  const known = learned === null || learned.basis === 'configured' ? configured : learned;
  return { ...known, lowOccupancyPct: FREE_FLOW_MAX_PCT / 2 };
}

/**
 * Learns from an interval of the loop that has ended.
 *
 * @param camera the interval of a camera over the same time, if the lane has one
 */
export function learnEffectiveLength(
  state: EffectiveLength,
  loop: FlowInterval,
  camera: FlowInterval | null,
  lane: LaneDefinition,
): EffectiveLength {
  const { count, flowVehH, occupancyPct } = loop;
  if (count === null || flowVehH === null || occupancyPct === null) return state;
  if (loop.coveragePct < LEARNING_COVERAGE_PCT) return state;
  const isPartlySeen = loop.counterOnlyCount > LEARNING_COUNTER_ONLY_SHARE * count;
  if (loop.occupancyMethod === 'edges' && isPartlySeen) return state;
  const judged = { ...state, lowOccupancyPct: nextPercentile(state.lowOccupancyPct, occupancyPct) };
  const told = speedTold(judged, loop, camera, lane);
  if (told === null || count === 0 || occupancyPct === 0) return judged;
  if (RANK[told.basis] < RANK[state.basis]) return judged;
  const vehicles = told.basis === state.basis ? state.vehicles : 0;
  const sampleM = clamp((10 * told.speedKmh * occupancyPct) / flowVehH, PLAUSIBLE_M);
  const weight = Math.max(count / (count + HALF_WEIGHT_VEHICLES), count / (count + vehicles));
  const lengthM = vehicles === 0 ? sampleM : state.lengthM + weight * (sampleM - state.lengthM);
  return { ...judged, lengthM, basis: told.basis, vehicles: vehicles + count };
}

/** The best that is known about the lane's mean speed in this interval, beside flow and occupancy. */
function speedTold(
  state: EffectiveLength,
  loop: FlowInterval,
  camera: FlowInterval | null,
  lane: LaneDefinition,
): { readonly speedKmh: number; readonly basis: LengthBasis } | null {
  const keptSpeed = loop.spotSpeedCount >= LEARNING_SPOT_SHARE * loop.speedCount;
  if (loop.spaceMeanSpeedKmh !== null && loop.speedMethod === 'dual-loop' && keptSpeed) {
    return { speedKmh: loop.spaceMeanSpeedKmh, basis: 'measured' };
  }
  const cameraSpeedKmh = camera?.spaceMeanSpeedKmh ?? null;
  if (camera !== null && cameraSpeedKmh !== null && camera.coveragePct >= LEARNING_COVERAGE_PCT) {
    return { speedKmh: cameraSpeedKmh, basis: 'camera' };
  }
  const isFree =
    lane.station?.atStopLine === false &&
    (loop.occupancyPct ?? 0) <= Math.min(state.lowOccupancyPct, FREE_FLOW_MAX_PCT);
  return isFree ? { speedKmh: lane.speedLimitKmh, basis: 'free-flow' } : null;
}

export interface SpeedEstimate {
  readonly speedKmh: number;
  /** One standard error, percent. */
  readonly errorPct: number;
}

/** What flow and occupancy of one interval say about its mean speed; null when they say too little. */
export function estimateSpeed(
  { lengthM, basis, vehicles }: EffectiveLength,
  measured: {
    readonly count: number;
    readonly flowVehH: number;
    readonly occupancyPct: number;
    /** Standard error of the occupied time from its edges, as share of it. */
    readonly occupancyError: number;
    /** Share of the occupied time in which a vehicle stood: it belongs to one vehicle, not to the speed of all. */
    readonly standingShare: number;
  },
): SpeedEstimate | null {
  const { count, flowVehH, occupancyPct, occupancyError, standingShare } = measured;
  if (count === 0 || occupancyPct === 0) return null;
  const speedKmh = (flowVehH * lengthM) / (10 * occupancyPct);
  const errorShare = Math.hypot(
    REMAINING_ERROR[basis],
    vehicles === 0 ? 0 : LENGTH_SPREAD / Math.sqrt(vehicles),
    LENGTH_SPREAD / Math.sqrt(count),
    // A vehicle on the border of the interval counts in one and occupies in both.
    0.5 / count,
    occupancyError,
    standingShare,
  );
  const isPlausible = speedKmh >= PLAUSIBLE_SPEED_KMH.min && speedKmh <= PLAUSIBLE_SPEED_KMH.max;
  return isPlausible && errorShare <= MAX_ERROR_SHARE ? { speedKmh, errorPct: 100 * errorShare } : null;
}

/** Moves so that LOW_OCCUPANCY_SHARE of all steps go down (stochastic approximation of a percentile). */
function nextPercentile(percentile: number, value: number): number {
  const below = value <= percentile ? 1 : 0;
  return Math.max(PERCENTILE_STEP_PCT, percentile + PERCENTILE_STEP_PCT * (LOW_OCCUPANCY_SHARE - below));
}

function clamp(value: number, { min, max }: { readonly min: number; readonly max: number }): number {
  return Math.min(max, Math.max(min, value));
}
