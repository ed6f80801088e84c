/** The traffic that SUMO is asked for. One road, three lanes; everything else differs. */

export interface TrafficScenario {
  readonly name: string;
  readonly seed: number;
  /** Vehicles that want to enter each lane, veh/h. */
  readonly demandVehH: number;
  /** Front edge of the entry loops, metres from the beginning of a road of ROAD_M. */
  readonly stationM: number;
  /** Speed limit beyond the road's end, m/s: slower than the road makes a dense stream. */
  readonly beyondMs: number;
  /** A traffic light at the road's end; null means always green. */
  readonly light: { readonly greenS: number; readonly redS: number } | null;
  readonly laneChanges: boolean;
  /** `equal`: all as long as the loops are apart, so that an E1 measures what the loops measure. */
  readonly vehicles: 'mixed' | 'equal';
}

export const ROAD_M = 700;
export const ROAD_SPEED_MS = 16.67;

function stopAndGo(name: string, of: Pick<TrafficScenario, 'vehicles' | 'seed'>): TrafficScenario {
  const light = { greenS: 30, redS: 40 };
  const road = { demandVehH: 700, stationM: 640, beyondMs: ROAD_SPEED_MS, laneChanges: false };
  return { name, ...of, ...road, light };
}

export const SCENARIOS: readonly TrafficScenario[] = [
  {
    name: 'free flow',
    vehicles: 'mixed',
    seed: 11,
    demandVehH: 500,
    stationM: 400,
    beyondMs: ROAD_SPEED_MS,
    light: null,
    laneChanges: false,
  },
  {
    name: 'dense',
    vehicles: 'mixed',
    seed: 12,
    demandVehH: 2000,
    stationM: 500,
    beyondMs: 6,
    light: null,
    laneChanges: false,
  },
  stopAndGo('stop-and-go', { vehicles: 'mixed', seed: 13 }),
  stopAndGo('stop-and-go, cars', { vehicles: 'equal', seed: 15 }),
  {
    name: 'lane changes',
    vehicles: 'mixed',
    seed: 14,
    demandVehH: 900,
    stationM: 400,
    beyondMs: ROAD_SPEED_MS,
    light: null,
    laneChanges: true,
  },
];
