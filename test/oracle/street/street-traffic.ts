import { MS_PER_S } from '../../../src/base/units.ts';
import type { Arrival } from '../../../src/simulator/traffic/arrival.ts';
import { BODIES, type BodyName } from '../../../src/simulator/traffic/bodies.table.ts';
import { createLaneTraffic, STEP_MS } from '../../../src/simulator/traffic/lane-traffic.ts';
import { createRandom } from '../../../src/simulator/traffic/random.ts';
import type { RoadVehicle } from '../../../src/simulator/traffic/road-change.ts';
import { alongStreetM, STREET_LANES, type StreetLane } from './street-plan.ts';
import { LEAD_IN_S, type StreetScenario } from './street-scenarios.table.ts';

export interface StreetVehicle extends RoadVehicle {
  readonly street: StreetLane;
  readonly braking: boolean;
}

/** The street at one step of the simulation; `atMs` of the clip, negative before its first picture. */
export interface StreetMoment {
  readonly atMs: number;
  readonly vehicles: readonly StreetVehicle[];
}

type Mix = readonly { readonly weight: number; readonly value: BodyName }[];

const CARS: Mix = [
  { weight: 4, value: 'sedan' },
  { weight: 4, value: 'suv' },
  { weight: 3, value: 'hatch' },
];
const KERB_MIX: Mix = [
  ...CARS,
  { weight: 2, value: 'van' },
  { weight: 2, value: 'truck' },
  { weight: 1, value: 'bus' },
];
const PAINTS = [0xe8e8e6, 0xe8e8e6, 0x16181b, 0x8f959b, 0xc3c7ca, 0x1f3354, 0x9c1a1c, 0x2d5f7c].map(
  (value) => ({ weight: 1, value }),
);
const STOPPED_PAINT = 0xc3c7ca;
const LEAST_HEADWAY_S = 2.2;
const SPEED_SPREAD = 0.12;
/** A driver brakes, and does not merely lift the foot, from here. */
const BRAKING_MS2 = 0.7;

/** Every step from the beginning of the lead-in to the end of the clip; the same scenario gives the same steps. */
export function* streetMoments(scenario: StreetScenario): Generator<StreetMoment> {
  const lanes = STREET_LANES.map((street) => ({
    street,
    traffic: createLaneTraffic({ plan: street.plan, signal: null, arrivals: arrivalsOf(scenario, street) }),
  }));
  const speeds = new Map<string, number>();
  for (let atMs = -LEAD_IN_S * MS_PER_S; atMs <= scenario.durationS * MS_PER_S; atMs += STEP_MS) {
    const vehicles = lanes.flatMap(({ street, traffic }) =>
      traffic.vehicles().map((vehicle): StreetVehicle => {
        const key = `${vehicle.lane}/${vehicle.id}`;
        const slowedMs = ((speeds.get(key) ?? 0) - vehicle.speedKmh) / 3.6;
        speeds.set(key, vehicle.speedKmh);
        const braking = vehicle.speedKmh === 0 || slowedMs > (BRAKING_MS2 * STEP_MS) / MS_PER_S;
        return { ...vehicle, street, braking };
      }),
    );
    yield { atMs, vehicles };
    for (const { traffic } of lanes) traffic.step();
  }
}

function arrivalsOf(scenario: StreetScenario, street: StreetLane): () => Arrival | null {
  const random = createRandom(scenario.seed + STREET_LANES.indexOf(street));
  const mix = street.lane === 'clip-2' ? KERB_MIX : CARS;
  const list: Arrival[] = [];
  const simulatedMs = (clipS: number): number => (clipS + LEAD_IN_S) * MS_PER_S;
  for (const { fromS, toS, headwayS } of scenario.traffic[street.lane] ?? []) {
    let atS = fromS;
    while (atS < Math.min(toS, scenario.durationS)) {
      const body = random.pick(mix);
      const spread = random.between({ from: 1 - SPEED_SPREAD, to: 1 + SPEED_SPREAD });
      const freeSpeedMs = BODIES[body].freeSpeedMs * spread;
      list.push({ atMs: simulatedMs(atS), body, paint: random.pick(PAINTS), freeSpeedMs, script: null });
      atS += LEAST_HEADWAY_S + random.exponential(headwayS - LEAST_HEADWAY_S);
    }
  }
  const { stopped } = scenario;
  if (stopped?.lane === street.lane) {
    list.push({
      atMs: simulatedMs(stopped.entersS),
      body: 'suv',
      paint: STOPPED_PAINT,
      freeSpeedMs: BODIES.suv.freeSpeedMs,
      script: {
        script: 'stopped-vehicle',
        restAtM: alongStreetM(street, stopped.yM),
        untilMs: Number.POSITIVE_INFINITY,
      },
    });
  }
  const queue = list.sort((left, right) => left.atMs - right.atMs).values();
  return () => queue.next().value ?? null;
}
