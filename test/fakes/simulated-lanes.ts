import type { Observation } from '../../src/traffic/observations/observation.ts';
import type { LaneDefinition, LoopDefinition, SiteDefinition } from '../../src/traffic/site-definition.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';

const HOUR_MS = 3_600_000;
/** Front to front; nobody drives closer. */
const LEAST_HEADWAY_MS = 1000;
/** The camera's line lies so far behind the loops. */
export const CAMERA_LAG_MS = 8000;
const CAMERA_SEES_SHARE = 0.97;

export interface Timed {
  readonly atMs: number;
  readonly observation: Observation;
}

/** Vehicles per hour by the local hour. */
export type Demand = (hour: number) => number;

/** A day with two peaks and a night in which some vehicles an hour come. */
export const workingDay =
  (peakVehH: number, nightVehH = 6): Demand =>
  (hour) => {
    if (hour < 5 || hour >= 23) return nightVehH;
    const peaks = Math.exp(-((hour - 8) ** 2) / 4) + Math.exp(-((hour - 18) ** 2) / 5);
    return Math.max(3 * nightVehH, peakVehH * (0.35 + 0.65 * Math.min(1, peaks)));
  };

interface Vehicle {
  readonly atMs: number;
  readonly speed: number;
  readonly lengthM: number;
}

/** One lane's vehicles as its devices and its camera tell about them, in order of time. */
export function laneObservations(
  definition: SiteDefinition,
  lane: LaneDefinition,
  options: {
    readonly demand: Demand;
    readonly hours: number;
    readonly seed: number;
    readonly startWallMs: number;
  },
): Timed[] {
  const random = seededRandom(options.seed);
  const vehicles = drive(lane, definition, random, options);
  const { station } = lane;
  const byLoop =
    station === null
      ? []
      : [station.entry, station.exit].flatMap((loop) =>
          loop === null
            ? []
            : loopObservations(loop, vehicles, {
                ...options,
                offsetM: loop === station.exit ? (station.spacingM ?? 0) : 0,
              }),
        );
  const seen = definition.cameras.flatMap(({ camera, lanes }) =>
    lanes.some((it) => it.lane === lane.lane) ? pictures(camera, lane, vehicles, random) : [],
  );
  return [...byLoop, ...seen].sort((a, b) => a.atMs - b.atMs);
}

function drive(
  lane: LaneDefinition,
  { utcOffsetMin }: SiteDefinition,
  random: SeededRandom,
  { demand, hours, startWallMs }: { demand: Demand; hours: number; startWallMs: number },
): Vehicle[] {
  const vehicles: Vehicle[] = [];
  let atMs = 0;
  while (atMs < hours * HOUR_MS) {
    const hour = ((startWallMs + atMs + utcOffsetMin * 60_000) / HOUR_MS) % 24;
    atMs += LEAST_HEADWAY_MS + random.exponential(Math.max(1, HOUR_MS / demand(hour) - LEAST_HEADWAY_MS));
    const lengthM = Math.max(2, random.share() < 0.85 ? 4.5 + random.normal(0.4) : 11 + random.normal(1.5));
    // A queue at a red: vehicles stand on the loops of a stop line for some time, every now and then.
    const stands = lane.station?.atStopLine === true && random.share() < 0.15;
    const speed = stands
      ? 0.15 + random.share()
      : Math.max(4, (lane.speedLimitKmh / 3.6) * 0.85 + random.normal(1.5));
    vehicles.push({ atMs, speed, lengthM });
    atMs += (1000 * (lengthM + 3)) / speed;
  }
  return vehicles;
}

function loopObservations(
  loop: LoopDefinition,
  vehicles: readonly Vehicle[],
  of: { readonly offsetM: number; readonly hours: number },
): Timed[] {
  const presence = vehicles.map(({ atMs, speed, lengthM }) => {
    const onMs = atMs + (1000 * of.offsetM) / speed;
    return { onMs, offMs: onMs + (1000 * (lengthM + 2)) / speed };
  });
  const { evidence } = loop;
  switch (evidence.kind) {
    case 'polled-edges':
      return presence.flatMap(({ onMs, offMs }) => edges(loop.loop, onMs, offMs, evidence.pollMs));
    case 'stamped-edges':
      return presence.flatMap(({ onMs, offMs }) => edges(loop.loop, onMs, offMs, evidence.resolutionMs));
    case 'vehicles':
      return presence.map(({ onMs, offMs }) => ({
        atMs: onMs,
        observation: {
          ...{
            kind: 'vehicle-detection',
            loop: loop.loop,
            atMs: onMs,
            uncertaintyMs: 5,
            direction: 'forward',
          },
          ...{ onTimeMs: offMs - onMs, speedKmh: 50, lengthM: 4.5, class: 'car', missedBefore: 0 },
        },
      }));
    case 'intervals':
      return intervals(loop.loop, presence, evidence.periodS * 1000, of.hours * HOUR_MS);
    case 'counts':
      return counters(loop.loop, presence, of.hours * HOUR_MS);
  }
}

/** Edges as a poll of this period finds them; a pulse that falls between two polls is not seen. */
export function edges(loop: string, onMs: number, offMs: number, pollMs: number): Timed[] {
  const poll = (atMs: number): number => Math.ceil(atMs / pollMs) * pollMs;
  if (poll(onMs) === poll(offMs)) return [];
  return (
    [
      [true, onMs],
      [false, offMs],
    ] as const
  ).map(([occupied, edgeMs]) => {
    const foundMs = poll(edgeMs);
    const atMs = foundMs - pollMs / 2;
    const uncertain = { atMs, uncertaintyMs: pollMs / 2, found: false };
    return { atMs: foundMs, observation: { kind: 'loop-transition', loop, occupied, ...uncertain } };
  });
}

interface Presence {
  readonly onMs: number;
  readonly offMs: number;
}

/** What a card's counter shows each second. */
export function counters(loop: string, presence: readonly Presence[], untilMs: number): Timed[] {
  const readings: Timed[] = [];
  let count = 0;
  for (let atMs = 1000; atMs <= untilMs; atMs += 1000) {
    while ((presence[count]?.onMs ?? Number.POSITIVE_INFINITY) < atMs) count += 1;
    const observation = {
      kind: 'loop-counters',
      loop,
      count: count % 65_536,
      bits: 16,
      nonVolatile: true,
      atMs,
    } as const;
    readings.push({ atMs, observation });
  }
  return readings;
}

/** A radar's own intervals: occupancy in steps of 0.5 %, said a second after their end. */
function intervals(loop: string, presence: readonly Presence[], periodMs: number, untilMs: number): Timed[] {
  return Array.from({ length: Math.floor(untilMs / periodMs) }, (_, at): Timed => {
    const [fromMs, toMs] = [at * periodMs, (at + 1) * periodMs];
    const here = presence.filter(({ onMs, offMs }) => offMs > fromMs && onMs < toMs);
    const occupiedMs = here.reduce(
      (sum, { onMs, offMs }) => sum + Math.min(offMs, toMs) - Math.max(onMs, fromMs),
      0,
    );
    const count = here.filter(({ onMs }) => onMs >= fromMs).length;
    const occupancyPct = Math.round((200 * occupiedMs) / periodMs) / 2;
    const unknown = {
      meanSpeedKmh: null,
      speed85Kmh: null,
      meanHeadwayS: null,
      meanGapS: null,
      meanLengthM: null,
    };
    const interval = {
      kind: 'device-interval',
      loop,
      fromMs,
      toMs,
      count,
      occupancyPct,
      ...unknown,
    } as const;
    return { atMs: toMs + 1000, observation: { ...interval, classCounts: null } };
  });
}

/** Two pictures of each vehicle that the camera sees: before its counting line, and beyond it. */
function pictures(
  camera: string,
  lane: LaneDefinition,
  vehicles: readonly Vehicle[],
  random: SeededRandom,
): Timed[] {
  const centre = 100 * lane.number - 50;
  return vehicles.flatMap((vehicle, at) => {
    if (random.share() > CAMERA_SEES_SHARE) return [];
    return [400, 600].map((y, picture): Timed => {
      const atMs = vehicle.atMs + CAMERA_LAG_MS + 300 * picture;
      const place = { foot: [centre, y], box: [centre - 20, y - 40, centre + 20, y], groundM: null } as const;
      const point = {
        track: lane.number * 1_000_000 + at,
        class: 'car',
        score: 0.9,
        coasting: false,
        ...place,
      } as const;
      return { atMs, observation: { kind: 'vehicle-tracks', camera, atMs, tracks: [point] } };
    });
  });
}
