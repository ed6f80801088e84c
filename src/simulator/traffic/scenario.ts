import { MS_PER_S } from '../../base/units.ts';
import type { Arrival, ArrivalSource } from './arrival.ts';
import { BODIES, type BodyName } from './bodies.table.ts';
import { NORTH_COUNT_LINE_M } from './lane-plan.ts';
import { createRandom, type Random } from './random.ts';
import type { FixedTimeSignal } from './signal.ts';

/** `north` repeats after this long, and so does the clip that shows it. */
export const NORTH_CYCLE_MS = 75_000;
/** The clip was rendered from it: another seed needs another clip. */
const NORTH_SEED = 952;

type Mix = readonly { readonly weight: number; readonly value: BodyName }[];

const CARS: Mix = [
  { weight: 4, value: 'sedan' },
  { weight: 4, value: 'suv' },
  { weight: 3, value: 'hatch' },
];

/** Heavy vehicles keep to the right, away from the median. */
const NORTH_MIX: Readonly<Record<number, Mix>> = {
  1: CARS,
  2: [...CARS, { weight: 1.5, value: 'van' }],
  3: [...CARS, { weight: 2, value: 'van' }, { weight: 2, value: 'truck' }, { weight: 1.5, value: 'bus' }],
};

const EAST_MIX: Mix = [
  ...CARS,
  { weight: 1.2, value: 'van' },
  { weight: 1, value: 'truck' },
  { weight: 0.6, value: 'bus' },
  { weight: 1.2, value: 'motorcycle' },
];

/** The colours cars are sold in, most of all white, black and grey. */
const PAINTS = [
  { weight: 5, value: 0xe8e8e6 },
  { weight: 3, value: 0x16181b },
  { weight: 3, value: 0x8f959b },
  { weight: 2, value: 0xc3c7ca },
  { weight: 2, value: 0x1f3354 },
  { weight: 2, value: 0x9c1a1c },
  { weight: 1, value: 0x2d5f7c },
  { weight: 1, value: 0x6b4a2f },
] as const;

/** Buses of a city's operators: two-tone, the lower part in the operator's colour. */
const LIVERIES = [
  { weight: 1, value: 0x1f7a4d },
  { weight: 1, value: 0x2a5fa0 },
  { weight: 1, value: 0xb02a2a },
] as const;

/** Nobody enters closer behind the vehicle before than this. */
const LEAST_HEADWAY_MS = 2200;
const EAST_MEAN_HEADWAY_MS = 7000;
/** How far a driver's free speed lies from the body's usual one, either way. */
const SPEED_SPREAD = 0.08;

/** `east`: half of the time green; a queue of several vehicles stands on the loops in every red. */
export const EAST_SIGNAL: FixedTimeSignal = {
  greenMs: 38_000,
  amberMs: 3000,
  redMs: 39_000,
  offsetMs: 20_000,
};

/** Arrivals in an `east` lane, for ever. */
export function eastArrivals(options: { readonly seed: number; readonly lane: number }): ArrivalSource {
  const random = createRandom(Math.imul(options.seed, 31) + options.lane);
  let atMs = 0;
  return () => {
    atMs += headwayMs(random, EAST_MEAN_HEADWAY_MS);
    return arrival(random, { atMs, mix: EAST_MIX });
  };
}

/** One cycle of a `north` lane: always the same, and over before the cycle ends. */
export function northArrivals(lane: number): ArrivalSource {
  const random = createRandom(NORTH_SEED + lane);
  const list = northArrivalList(random, lane);
  let next = 0;
  return () => {
    const following = list[next] ?? null;
    next += 1;
    return following;
  };
}

function northArrivalList(random: Random, lane: number): Arrival[] {
  const fill = (fromS: number, toS: number, meanHeadwayS: number): Arrival[] => {
    const list: Arrival[] = [];
    let atMs = fromS * MS_PER_S;
    while (atMs < toS * MS_PER_S) {
      list.push(arrival(random, { atMs, mix: NORTH_MIX[lane] ?? CARS }));
      atMs += headwayMs(random, meanHeadwayS * MS_PER_S);
    }
    return list;
  };
  switch (lane) {
    case 1:
      return [...fill(1, 26, 3.4), WRONG_WAY, ...fill(52, 63, 3.2)];
    case 3:
      return [STOPPED, ...fill(21, 63, 3.8)];
    default:
      return fill(2, 63, 4.8);
  }
}

/** Halts 6 m before the station, in full view, from about 12 s to 26 s. */
const STOPPED: Arrival = {
  atMs: 400,
  body: 'suv',
  paint: 0x9c1a1c,
  freeSpeedMs: 13.9,
  script: { script: 'stopped-vehicle', restAtM: NORTH_COUNT_LINE_M - 6, untilMs: 26_000 },
};

const WRONG_WAY: Arrival = {
  atMs: 34_000,
  body: 'sedan',
  paint: 0xe8e8e6,
  freeSpeedMs: 13.9,
  script: { script: 'wrong-way', viewSpeedMs: 6 },
};

function headwayMs(random: Random, meanMs: number): number {
  return LEAST_HEADWAY_MS + random.exponential(meanMs - LEAST_HEADWAY_MS);
}

function arrival(random: Random, { atMs, mix }: { readonly atMs: number; readonly mix: Mix }): Arrival {
  const body = random.pick(mix);
  const paint = random.pick(body === 'bus' ? LIVERIES : PAINTS);
  const freeSpeedMs =
    BODIES[body].freeSpeedMs * random.between({ from: 1 - SPEED_SPREAD, to: 1 + SPEED_SPREAD });
  return { atMs, body, paint, freeSpeedMs, script: null };
}
