import type { LightName } from './light.table.ts';

/** One clip: its light, its traffic and what happens in it. Times are seconds of the clip. */
export interface StreetScenario {
  readonly name: LightName;
  readonly seed: number;
  readonly durationS: number;
  /** By lane: from when to when vehicles enter, and how far apart on average. */
  readonly traffic: Readonly<
    Record<string, readonly { readonly fromS: number; readonly toS: number; readonly headwayS: number }[]>
  >;
  /** Halts with its front at `yM` of its lane, from soon after it enters to the end of the clip. */
  readonly stopped: { readonly lane: string; readonly entersS: number; readonly yM: number } | null;
  /** Walks straight across the oncoming lanes at this y, from kerb to median, slowly: over four seconds in each. */
  readonly pedestrian: { readonly fromS: number; readonly yM: number; readonly speedMs: number } | null;
}

/** Vehicles enter 90 m before their line: about 7 s. Traffic runs for so long before the clip begins. */
export const LEAD_IN_S = 9;
const ALL = { fromS: -LEAD_IN_S, toS: 60 };

export const STREET_SCENARIOS: readonly StreetScenario[] = [
  {
    ...{ name: 'day', seed: 4101, durationS: 24 },
    traffic: {
      'clip-1': [{ ...ALL, headwayS: 2.8 }],
      'clip-2': [{ fromS: -LEAD_IN_S, toS: -6, headwayS: 3 }],
      'clip-3': [{ ...ALL, headwayS: 3 }],
    },
    stopped: { lane: 'clip-2', entersS: -4, yM: 5 },
    pedestrian: null,
  },
  {
    ...{ name: 'dusk', seed: 4202, durationS: 22 },
    traffic: {
      'clip-1': [
        { fromS: -LEAD_IN_S, toS: 1, headwayS: 3 },
        { fromS: 12, toS: 60, headwayS: 3 },
      ],
      'clip-2': [
        { fromS: -LEAD_IN_S, toS: -1, headwayS: 2.8 },
        { fromS: 9, toS: 60, headwayS: 2.8 },
      ],
      'clip-3': [{ ...ALL, headwayS: 3 }],
    },
    stopped: null,
    pedestrian: { fromS: 6.5, yM: 2, speedMs: 0.75 },
  },
  {
    ...{ name: 'night', seed: 4303, durationS: 24 },
    traffic: {
      'clip-1': [{ ...ALL, headwayS: 2.9 }],
      'clip-2': [{ fromS: -LEAD_IN_S, toS: -6, headwayS: 3 }],
      'clip-3': [{ ...ALL, headwayS: 3 }],
    },
    stopped: { lane: 'clip-2', entersS: -4, yM: 7 },
    pedestrian: null,
  },
  {
    ...{ name: 'rain', seed: 4404, durationS: 22 },
    traffic: {
      'clip-1': [{ ...ALL, headwayS: 2.8 }],
      'clip-2': [{ ...ALL, headwayS: 3.2 }],
      'clip-3': [{ ...ALL, headwayS: 3 }],
    },
    stopped: null,
    pedestrian: null,
  },
];
