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
}

export const ROAD_M = 700;
export const ROAD_SPEED_MS = 16.67;

export const SCENARIOS: readonly TrafficScenario[] = [
  {
    name: 'free flow',
    seed: 11,
    demandVehH: 500,
    stationM: 400,
    beyondMs: ROAD_SPEED_MS,
    light: null,
    laneChanges: false,
  },
  {
    name: 'dense',
    seed: 12,
    demandVehH: 2000,
    stationM: 500,
    beyondMs: 6,
    light: null,
    laneChanges: false,
  },
  {
    name: 'stop-and-go',
    seed: 13,
    demandVehH: 700,
    stationM: 640,
    beyondMs: ROAD_SPEED_MS,
    light: { greenS: 30, redS: 40 },
    laneChanges: false,
  },
  {
    name: 'lane changes',
    seed: 14,
    demandVehH: 900,
    stationM: 400,
    beyondMs: ROAD_SPEED_MS,
    light: null,
    laneChanges: true,
  },
];
