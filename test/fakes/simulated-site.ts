import type { Observation } from '../../src/traffic/observations/observation.ts';
import type { Fault, FaultRecord, TrafficRecord } from '../../src/traffic/record.ts';
import { foldSite } from '../../src/traffic/site.ts';
import type { LaneDefinition, SiteDefinition } from '../../src/traffic/site-definition.ts';
import { createSiteState, type SiteState } from '../../src/traffic/site-state.ts';
import { type Demand, laneObservations, type Timed } from './simulated-lanes.ts';

/** Ticks are coarse here: what is tested happens in minutes and hours. */
const TICK_MS = 2000;

export interface SimulationOptions {
  readonly definition: SiteDefinition;
  readonly hours: number;
  readonly seed: number;
  /** UTC ms of the first moment. */
  readonly startWallMs: number;
  readonly demandOf: (lane: LaneDefinition) => Demand;
  /** Changes what the sensors claim: this is where a device is broken. Order of time need not be kept. */
  readonly breaking?: (observations: readonly Timed[]) => Timed[];
  /** What an earlier run left open, and the name of this one. */
  readonly openFaults?: readonly Fault[];
  readonly boot?: string;
  /** Whether a device or camera answers at this moment. */
  readonly answers?: (sensor: string, atMs: number) => boolean;
}

export interface Simulated {
  readonly state: SiteState;
  readonly records: readonly TrafficRecord[];
  readonly faults: readonly FaultRecord[];
}

/** Folds hours of simulated traffic. Monotonic time begins at 0. */
export function simulateSite(options: SimulationOptions): Simulated {
  const { definition, hours, seed, startWallMs } = options;
  const whole = definition.lanes.flatMap((lane, at) =>
    laneObservations(definition, lane, {
      demand: options.demandOf(lane),
      hours,
      seed: seed * 100 + at,
      startWallMs,
    }),
  );
  const broken = options.breaking?.(whole) ?? whole;
  const timed = [...broken].sort((a, b) => a.atMs - b.atMs);
  const records: TrafficRecord[] = [];
  let state = createSiteState(options.boot ?? 'boot', {
    openFaults: options.openFaults ?? [],
    lastStoredMs: null,
  });
  let next = 0;
  for (let nowMs = 0; nowMs <= hours * 3_600_000; nowMs += TICK_MS) {
    const observations: Observation[] = [];
    for (let it = timed[next]; it !== undefined && it.atMs <= nowMs; it = timed[next]) {
      observations.push(it.observation);
      next += 1;
    }
    if (nowMs > 0) observations.push(...samplings(options, nowMs));
    const fold = foldSite(definition, state, observations, {
      ...{ monoMs: nowMs, wallMs: startWallMs + nowMs, quality: 'synced' },
    });
    state = fold.state;
    records.push(...fold.records);
  }
  return { state, records, faults: records.filter((record) => record.stream === 'fault') };
}

function samplings({ definition, answers }: SimulationOptions, nowMs: number): Observation[] {
  const devices = definition.lanes.flatMap(({ station }) =>
    station === null ? [] : [station.entry, station.exit].flatMap((loop) => loop?.device ?? []),
  );
  const sensors = [...new Set([...devices, ...definition.cameras.map(({ camera }) => camera)])];
  return sensors.map((sensor) => {
    const received = (answers?.(sensor, nowMs) ?? true) ? 200 : 0;
    const cause = received === 0 ? 'device' : null;
    const span = { fromMs: nowMs - TICK_MS, toMs: nowMs, expected: 200, received, cause } as const;
    return { kind: 'sensor-sampling', sensor, ...span };
  });
}
