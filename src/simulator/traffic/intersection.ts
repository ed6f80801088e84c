import { round } from '../../base/units.ts';
import { EAST_LANES, NORTH_LANES } from './lane-plan.ts';
import { createLaneTraffic, type LaneTraffic, STAMP_DECIMALS, STEP_MS } from './lane-traffic.ts';
import { knownAtMs, type RoadChange, type RoadVehicle } from './road-change.ts';
import { EAST_SIGNAL, eastArrivals, NORTH_CYCLE_MS, northArrivals } from './scenario.ts';

/**
 * The virtual intersection. `north` has three lanes past a camera and repeats the clip's traffic every
 * NORTH_CYCLE_MS; `east` has two lanes at a signal and runs on from the seed. The same seed gives the same
 * changes, however the time is cut into calls.
 */
export interface Intersection {
  /** Everything that became known up to and including `toMs` of scenario time and was not told before. */
  advance(toMs: number): readonly RoadChange[];
  /** Who is on the road at the end of the last simulated step, at most STEP_MS after the last `toMs`. */
  vehicles(): readonly RoadVehicle[];
}

export function createIntersection(options: { readonly seed: number }): Intersection {
  const east = EAST_LANES.map((plan, index) =>
    createLaneTraffic({
      plan,
      signal: EAST_SIGNAL,
      arrivals: eastArrivals({ seed: options.seed, lane: index + 1 }),
    }),
  );
  let north = createNorth();
  let cycleStartMs = 0;
  let simulatedMs = 0;
  let ahead: RoadChange[] = [];

  const step = (): void => {
    if (simulatedMs === cycleStartMs + NORTH_CYCLE_MS) {
      north = createNorth();
      cycleStartMs = simulatedMs;
    }
    const repeated = north.flatMap((lane) => lane.step()).map((change) => later(change, cycleStartMs));
    const live = east.flatMap((lane) => lane.step());
    ahead.push(...[...repeated, ...live].sort((left, right) => knownAtMs(left) - knownAtMs(right)));
    simulatedMs += STEP_MS;
  };

  return {
    advance(toMs) {
      while (simulatedMs < toMs) step();
      const unknown = ahead.findIndex((change) => knownAtMs(change) > toMs);
      const known = unknown === -1 ? ahead : ahead.slice(0, unknown);
      ahead = unknown === -1 ? [] : ahead.slice(unknown);
      return known;
    },
    vehicles: () => [...north, ...east].flatMap((lane) => lane.vehicles()),
  };
}

function createNorth(): LaneTraffic[] {
  return NORTH_LANES.map((plan, index) =>
    createLaneTraffic({ plan, signal: null, arrivals: northArrivals(index + 1) }),
  );
}

function later(change: RoadChange, byMs: number): RoadChange {
  const atMs = round(change.atMs + byMs, STAMP_DECIMALS);
  if (change.kind !== 'passage') return { ...change, atMs };
  return { ...change, atMs, completedAtMs: round(change.completedAtMs + byMs, STAMP_DECIMALS) };
}
