/** What SUMO says of one lane and interval, and what about it is not the same thing on both sides. */
import { edgesOf, type LoopEdge, loopVisits, type Visit } from './loop-visits.ts';
import { SPACING_M } from './sumo-files.ts';
import type { E1Interval, SumoOutput } from './sumo-run.ts';

/**
 * E1 puts a vehicle that leaves within its last step into either interval, and a poll finds its end a
 * period later: completions so close to a border may stand on either side of it.
 */
const BORDER_MS = 120;
/** A polled front edge is found at most this far from where it was. */
const SAME_FRONT_MS = 200;

export interface LaneInterval {
  readonly lane: number;
  readonly widthS: number;
  readonly beginS: number;
}

export interface LaneTruth {
  /** E1 `nVehContrib` of the entry loop. */
  readonly count: number;
  /** E1 of the entry loop. */
  readonly occupancyPct: number;
  /** E1 `harmonicMeanSpeed` in the middle of the station. */
  readonly e1SpeedKmh: number | null;
  /** Vehicles that changed lanes on the entry loop: the loop sees them, E1 does not count them. */
  readonly changers: number;
  /** Nobody changed lanes on either loop. */
  readonly keptLanes: boolean;
  /** Vehicles completed so close to a border that their interval is open. */
  readonly atBorder: number;
  /** The same vehicles left the entry loop and the middle in this interval. */
  readonly sameVehicles: boolean;
}

/** One vehicle by the definition of a dual loop over SUMO's own times: spacing over mean travel time. */
export interface TruePassage {
  readonly completedMs: number;
  readonly speedKmh: number;
}

export interface RoadTruth {
  readonly edges: readonly LoopEdge[];
  of(interval: LaneInterval): LaneTruth;
  /** The vehicle whose front met the entry loop at that moment. */
  passageAt(lane: number, frontMs: number): TruePassage | null;
}

export function isWithin({ beginS, widthS }: LaneInterval, atMs: number): boolean {
  return atMs >= 1000 * beginS && atMs < 1000 * (beginS + widthS);
}

function isNearBorder({ beginS, widthS }: LaneInterval, atMs: number): boolean {
  return [beginS, beginS + widthS].some((borderS) => Math.abs(atMs - 1000 * borderS) < BORDER_MS);
}

export function createRoadTruth(output: SumoOutput): RoadTruth {
  const isMiddle = ({ point }: { readonly point: string }): boolean => point.startsWith('middle');
  const visits = loopVisits(output.sightings.filter((sighting) => !isMiddle(sighting)));
  const middle = output.sightings.filter((sighting) => isMiddle(sighting) && sighting.state === 'leave');
  const leftMiddleMs = new Map(middle.map(({ point, vehicle, atS }) => [`${point}/${vehicle}`, 1000 * atS]));
  const e1 = new Map(
    output.intervals.map((interval) => [`${interval.detector}@${interval.beginS}`, interval]),
  );
  const visitsOf = (loop: 'entry' | 'exit', lane: number) => visits.get(`${loop}-${lane}`) ?? [];

  function e1Of(place: 'entry' | 'middle', { lane, widthS, beginS }: LaneInterval): E1Interval {
    const found = e1.get(`${place}-${lane}-${widthS}@${beginS}`);
    if (found === undefined) throw new RangeError(`SUMO wrote no interval ${beginS} of ${place}-${lane}`);
    return found;
  }

  return {
    edges: [...visits].flatMap(([loop, seen]) => edgesOf(loop, seen)),
    of(interval) {
      const entry = visitsOf('entry', interval.lane);
      const changers = (seen: readonly Visit[]): number =>
        seen.filter(({ changedLane, toMs }) => changedLane && isWithin(interval, toMs)).length;
      const speedMs = e1Of('middle', interval).harmonicSpeedMs;
      return {
        count: e1Of('entry', interval).contributed,
        occupancyPct: e1Of('entry', interval).occupancyPct,
        e1SpeedKmh: speedMs === null ? null : 3.6 * speedMs,
        changers: changers(entry),
        keptLanes: changers(entry) + changers(visitsOf('exit', interval.lane)) === 0,
        atBorder: entry.filter(({ toMs }) => isNearBorder(interval, toMs)).length,
        sameVehicles: entry.every(({ vehicle, toMs }) => {
          const middleMs = leftMiddleMs.get(`middle-${interval.lane}-near/${vehicle}`) ?? toMs;
          const isOpen = isNearBorder(interval, middleMs) || isNearBorder(interval, toMs);
          return !isOpen && isWithin(interval, middleMs) === isWithin(interval, toMs);
        }),
      };
    },
    passageAt(lane, frontMs) {
      const met = visitsOf('entry', lane).find(({ fromMs }) => Math.abs(fromMs - frontMs) < SAME_FRONT_MS);
      const left = visitsOf('exit', lane).find(({ vehicle }) => vehicle === met?.vehicle);
      if (met === undefined || left === undefined) return null;
      const travelS = (left.fromMs - met.fromMs + (left.toMs - met.toMs)) / 2000;
      return { completedMs: met.toMs, speedKmh: (3.6 * SPACING_M) / travelS };
    },
  };
}
