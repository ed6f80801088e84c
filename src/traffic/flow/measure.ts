import { MS_PER_S, msFromKmh } from '../../base/units.ts';
import { slowestTravelMs } from '../passages/dual-loop.ts';
import type { FlowInterval, LaneSource, OccupancyMethod, SpeedMethod } from '../record.ts';
import type { LaneDefinition, LoopEvidence, StationDefinition } from '../site-definition.ts';

/** An interval stays open at least this long after its end for what is still on its way from the sensors. */
const LEAST_GRACE_MS = 2000;
/** What a reading may take from the device to the fold beside its latency. */
const TRANSIT_MS = 1000;
/** The shortest vehicle that a loop is expected to see (motorcycle). */
const SHORTEST_VEHICLE_M = 2;
/** How far above the speed limit vehicles are still expected. */
const ABOVE_LIMIT = 1.3;

/** What one source measures of one lane, and how. It stays the same for the life of the agent. */
export interface LaneMeasure {
  readonly lane: string;
  readonly source: LaneSource;
  /** An interval stays open this long after its end. The same for all sources of a lane. */
  readonly graceMs: number;
  readonly resolution: FlowInterval['resolution'];
  readonly occupancyMethod: OccupancyMethod | null;
  /** How single vehicles get their speeds; null where they have none. */
  readonly speedMethod: Exclude<SpeedMethod, 'single-loop'> | null;
  /** What tells how much of an interval was measured. */
  readonly coverage: 'readings' | 'counter' | 'device-intervals';
  /** Length bins of single vehicles; null where they have no length. */
  readonly classes: { readonly scheme: string; readonly names: readonly string[] } | null;
  /** Whether long presence on the reference loop is a queue. */
  readonly seesQueue: boolean;
  /** Whether a mean speed may be estimated from flow and occupancy. */
  readonly estimatesSpeed: boolean;
}

/** How long the intervals of a lane wait for late readings, ms. A vehicle of a pair is known at the exit loop. */
export function graceMs(station: StationDefinition | null): number {
  if (station === null) return LEAST_GRACE_MS;
  const travelMs = station.spacingM === null ? 0 : slowestTravelMs(station.spacingM);
  return Math.max(LEAST_GRACE_MS, latencyMs(station) + travelMs + TRANSIT_MS);
}

/** How late the readings of a station may be. */
export function latencyMs({ entry, exit }: StationDefinition): number {
  return Math.max(entry.latencyMs, exit?.latencyMs ?? 0);
}

export function hasEdges(evidence: LoopEvidence): boolean {
  return evidence.kind === 'polled-edges' || evidence.kind === 'stamped-edges';
}

export function loopMeasure(lane: LaneDefinition, station: StationDefinition): LaneMeasure {
  const { evidence } = station.entry;
  const edges = hasEdges(evidence);
  const isPair = edges && station.exit !== null;
  const resolution = resolutionOf(lane, station);
  const { scheme, bins } = lane.classScheme;
  const measuresLength = isPair || evidence.kind === 'vehicles';
  return {
    lane: lane.lane,
    source: 'loop',
    graceMs: graceMs(station),
    resolution,
    occupancyMethod: occupancyMethodOf(evidence),
    speedMethod: isPair ? 'dual-loop' : edges || evidence.kind === 'counts' ? null : 'device',
    coverage:
      evidence.kind === 'intervals'
        ? 'device-intervals'
        : evidence.kind === 'counts'
          ? 'counter'
          : 'readings',
    classes: measuresLength ? { scheme, names: bins.map(({ name }) => name) } : null,
    seesQueue: edges && station.atStopLine,
    estimatesSpeed: edges && resolution === 'resolved',
  };
}

export function cameraMeasure(
  { lane, station, classScheme: { scheme, bins } }: Pick<LaneDefinition, 'lane' | 'station' | 'classScheme'>,
  sees: { readonly lengths: boolean },
): LaneMeasure {
  return {
    lane,
    source: 'camera',
    graceMs: graceMs(station),
    resolution: null,
    occupancyMethod: null,
    speedMethod: 'camera',
    coverage: 'readings',
    classes: sees.lengths ? { scheme, names: bins.map(({ name }) => name) } : null,
    seesQueue: false,
    estimatesSpeed: false,
  };
}

/** Widths of the intervals that can be made of what a loop tells: none shorter than the device's own. */
export function widthsFor(evidence: LoopEvidence, widthsS: readonly number[]): readonly number[] {
  return evidence.kind === 'intervals' ? widthsS.filter((widthS) => widthS >= evidence.periodS) : widthsS;
}

/** Two readings within the shortest on-time show every vehicle, and that it left before the next one. */
function resolutionOf(
  lane: LaneDefinition,
  { entry, loopLengthM }: StationDefinition,
): LaneMeasure['resolution'] {
  const { evidence } = entry;
  if (evidence.kind !== 'polled-edges' && evidence.kind !== 'stamped-edges') return 'device';
  const fastestMs = msFromKmh(lane.speedLimitKmh * ABOVE_LIMIT);
  const shortestOnMs = ((loopLengthM + SHORTEST_VEHICLE_M) / fastestMs) * MS_PER_S;
  const stepMs = evidence.kind === 'polled-edges' ? evidence.pollMs : evidence.resolutionMs;
  return stepMs > shortestOnMs / 2 ? 'coarse' : 'resolved';
}

function occupancyMethodOf(evidence: LoopEvidence): OccupancyMethod | null {
  switch (evidence.kind) {
    case 'polled-edges':
      return evidence.accumulatesOccupancy ? 'accumulated' : 'edges';
    case 'stamped-edges':
      return 'edges';
    case 'vehicles':
    case 'intervals':
      return 'device';
    case 'counts':
      return null;
  }
}
