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
/**
 * A vehicle that takes longer from the entry loop to the end of the station is counted before it has a speed,
 * which then is of the interval in which it left (as of E1 at the end): 4 m at 5 km/h.
 */
const PATIENCE_MS = 2880;

/** Places of the E1 without length: both ends of the station, and its middle. */
const POINTS = ['begin', 'middle', 'end'] as const;
type Point = (typeof POINTS)[number];

export interface LaneInterval {
  readonly lane: number;
  readonly widthS: number;
  readonly beginS: number;
}

/** Whom our mean speed is compared with. */
export type SpeedJudge =
  /** E1 in the middle of the station. */
  | 'e1-middle'
  /** E1 at its two ends, averaged: the same stretch as the loops' for vehicles as long as their spacing. */
  | 'e1-ends'
  /** SUMO's own times of each vehicle, by the definition of a dual loop. */
  | 'passages';

export interface TrueSpeed {
  readonly kmh: number | null;
  /** The judge's vehicles are those of our interval, nobody at a border. */
  readonly sameVehicles: boolean;
}

export interface LaneTruth {
  /** E1 `nVehContrib` of the entry loop. */
  readonly count: number;
  /** E1 of the entry loop. */
  readonly occupancyPct: number;
  /** Harmonic means. */
  readonly speeds: Readonly<Record<SpeedJudge | `e1-${Point}`, TrueSpeed>>;
  /** Vehicles that changed lanes on the entry loop: the loop sees them, E1 does not count them. */
  readonly changers: number;
  /** Nobody changed lanes on either loop. */
  readonly keptLanes: boolean;
  /** Vehicles completed so close to a border that their interval is open. */
  readonly atBorder: number;
}

/** One vehicle by the definition of a dual loop over SUMO's own times: spacing over mean travel time. */
export interface TruePassage {
  readonly vehicle: string;
  readonly frontMs: number;
  /** To the interval of this moment belongs its speed. */
  readonly speedAtMs: number;
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

export function harmonicMean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.length / values.reduce((sum, value) => sum + 1 / value, 0);
}

export function createRoadTruth(output: SumoOutput): RoadTruth {
  const pointOf = (name: string): Point | undefined => POINTS.find((it) => name.startsWith(it));
  const visits = loopVisits(output.sightings.filter(({ point }) => pointOf(point) === undefined));
  const leaves = output.sightings.filter(
    ({ point, state }) => pointOf(point) !== undefined && state === 'leave',
  );
  const leftAtMs = new Map(leaves.map(({ point, vehicle, atS }) => [`${point}/${vehicle}`, 1000 * atS]));
  const e1 = new Map(
    output.intervals.map((interval) => [`${interval.detector}@${interval.beginS}`, interval]),
  );
  const visitsOf = (loop: 'entry' | 'exit', lane: number) => visits.get(`${loop}-${lane}`) ?? [];
  const lanes = [...new Set([...visits.keys()].map((loop) => Number(loop.split('-')[1])))];
  const passages = new Map(
    lanes.map((lane) => [lane, passagesOf(visitsOf('entry', lane), visitsOf('exit', lane))]),
  );

  function e1Of(place: 'entry' | Point, { lane, widthS, beginS }: LaneInterval): E1Interval {
    const found = e1.get(`${place}-${lane}-${widthS}@${beginS}`);
    if (found === undefined) throw new RangeError(`SUMO wrote no interval ${beginS} of ${place}-${lane}`);
    return found;
  }

  function e1Speed(place: Point, interval: LaneInterval): TrueSpeed {
    const { harmonicSpeedMs } = e1Of(place, interval);
    const sameVehicles = (passages.get(interval.lane) ?? []).every(({ vehicle, speedAtMs }) => {
      const leftMs = leftAtMs.get(`${place}-${interval.lane}-near/${vehicle}`) ?? speedAtMs;
      const isOpen = isNearBorder(interval, leftMs) || isNearBorder(interval, speedAtMs);
      return !isOpen && isWithin(interval, leftMs) === isWithin(interval, speedAtMs);
    });
    return { kmh: harmonicSpeedMs === null ? null : 3.6 * harmonicSpeedMs, sameVehicles };
  }

  function speedsOf(interval: LaneInterval): LaneTruth['speeds'] {
    const [begin, middle, end] = POINTS.map((place) => e1Speed(place, interval)) as [
      TrueSpeed,
      TrueSpeed,
      TrueSpeed,
    ];
    const own = passages.get(interval.lane) ?? [];
    const within = own.filter(({ speedAtMs }) => isWithin(interval, speedAtMs));
    const ends = begin.kmh === null || end.kmh === null ? null : harmonicMean([begin.kmh, end.kmh]);
    return {
      'e1-begin': begin,
      'e1-middle': middle,
      'e1-end': end,
      'e1-ends': { kmh: ends, sameVehicles: begin.sameVehicles && end.sameVehicles },
      passages: {
        kmh: harmonicMean(within.map(({ speedKmh }) => speedKmh)),
        sameVehicles: !own.some(({ speedAtMs }) => isNearBorder(interval, speedAtMs)),
      },
    };
  }

  return {
    edges: [...visits].flatMap(([loop, seen]) => edgesOf(loop, seen)),
    of(interval) {
      const entry = visitsOf('entry', interval.lane);
      const changers = (seen: readonly Visit[]): number =>
        seen.filter(({ changedLane, toMs }) => changedLane && isWithin(interval, toMs)).length;
      return {
        count: e1Of('entry', interval).contributed,
        occupancyPct: e1Of('entry', interval).occupancyPct,
        speeds: speedsOf(interval),
        changers: changers(entry),
        keptLanes: changers(entry) + changers(visitsOf('exit', interval.lane)) === 0,
        atBorder: entry.filter(({ toMs }) => isNearBorder(interval, toMs)).length,
      };
    },
    passageAt(lane, frontMs) {
      const near = passages.get(lane) ?? [];
      return near.find((it) => Math.abs(it.frontMs - frontMs) < SAME_FRONT_MS) ?? null;
    },
  };
}

function passagesOf(entries: readonly Visit[], exits: readonly Visit[]): readonly TruePassage[] {
  const exitOf = new Map(exits.map((visit) => [visit.vehicle, visit]));
  return entries.flatMap((met): TruePassage[] => {
    const left = exitOf.get(met.vehicle);
    if (left === undefined) return [];
    const travelS = (left.fromMs - met.fromMs + (left.toMs - met.toMs)) / 2000;
    return [
      {
        vehicle: met.vehicle,
        frontMs: met.fromMs,
        speedAtMs: left.toMs - met.toMs > PATIENCE_MS ? left.toMs : met.toMs,
        speedKmh: (3.6 * SPACING_M) / travelS,
      },
    ];
  });
}
