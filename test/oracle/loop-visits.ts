/** What SUMO's points saw → when a loop of some length was occupied, and by whom. */
import { type PointSighting, STEP_S } from './sumo-run.ts';

/** One vehicle over one loop. */
export interface Visit {
  readonly vehicle: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** It came onto the loop, or left it, sideways: not as a vehicle that passes. */
  readonly changedLane: boolean;
}

export interface LoopEdge {
  readonly loop: string;
  readonly occupied: boolean;
  readonly atMs: number;
}

/** Visits of each loop (`entry-1`) in order of time. */
export function loopVisits(sightings: readonly PointSighting[]): ReadonlyMap<string, readonly Visit[]> {
  const byLoop = Map.groupBy(sightings, ({ point }) => point.replace(/-(near|far)$/, ''));
  return new Map(
    [...byLoop].map(([loop, seen]) => {
      const visits = [...Map.groupBy(seen, ({ vehicle }) => vehicle).values()].flatMap(visitsOf);
      return [loop, visits.sort((a, b) => a.fromMs - b.fromMs)];
    }),
  );
}

/** A vehicle is seen at each step while it covers a point; a longer silence parts two visits. */
function visitsOf(sightings: readonly PointSighting[]): readonly Visit[] {
  const visits: PointSighting[][] = [];
  for (const sighting of sightings.toSorted((a, b) => a.atS - b.atS)) {
    const current = visits.at(-1);
    const last = current?.at(-1);
    if (current !== undefined && last !== undefined && sighting.atS - last.atS < 1.5 * STEP_S) {
      current.push(sighting);
    } else visits.push([sighting]);
  }
  return visits.map(visitOf);
}

/**
 * In: the front over the near edge. Out: the rear off the far edge. A vehicle that changes lanes appears and
 * vanishes at a step's end without either; a far edge it had already covered when it appeared says nothing
 * of its leaving, which lies within the step after it was last seen.
 */
function visitOf(sightings: readonly PointSighting[]): Visit {
  const [first] = sightings;
  const last = sightings.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a visit without a sighting');
  const isAt = (edge: 'near' | 'far') => (sighting: PointSighting) => sighting.point.endsWith(edge);
  const entered = sightings.filter(isAt('near')).find(({ state }) => state === 'enter');
  const left = sightings.filter(isAt('far')).find(({ state, byMotion }) => state === 'leave' && byMotion);
  const vanished = sightings.find(({ state, byMotion }) => state === 'leave' && !byMotion);
  const stepBefore = (Math.ceil(first.atS / STEP_S - 1e-6) - 1) * STEP_S;
  return {
    vehicle: first.vehicle,
    fromMs: 1000 * (entered?.atS ?? stepBefore),
    toMs: 1000 * (left?.atS ?? vanished?.atS ?? last.atS + STEP_S / 2),
    changedLane: entered === undefined || left === undefined,
  };
}

/** The edges of one loop's output: occupied while at least one vehicle is over it. */
export function edgesOf(loop: string, visits: readonly Visit[]): readonly LoopEdge[] {
  const edges: { occupied: boolean; atMs: number }[] = [];
  for (const { fromMs, toMs } of visits) {
    const last = edges.at(-1);
    if (last !== undefined && fromMs <= last.atMs) last.atMs = Math.max(last.atMs, toMs);
    else edges.push({ occupied: true, atMs: fromMs }, { occupied: false, atMs: toMs });
  }
  return edges.map((edge) => ({ loop, ...edge }));
}
