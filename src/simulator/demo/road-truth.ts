import type { RoadChange, ScriptName } from '../traffic/road-change.ts';

/** What really happened in one lane, as far as it is over. */
export interface LaneTruth {
  readonly lane: string;
  /** Vehicles in the lane's direction that have completely passed the station. */
  readonly count: number;
  /** Arithmetic mean over them, at the reference line. */
  readonly meanSpeedKmh: number | null;
  readonly spaceMeanSpeedKmh: number | null;
}

export interface ScriptTruth {
  readonly kind: ScriptName;
  readonly lane: string;
  readonly startMs: number;
}

/** Adds up the truth that the gateway's figures are compared with. */
export interface RoadTruth {
  take(change: RoadChange): void;
  lanes(): readonly LaneTruth[];
  readonly scripts: readonly ScriptTruth[];
}

export function createRoadTruth(lanes: readonly string[]): RoadTruth {
  const speeds = new Map<string, number[]>(lanes.map((lane) => [lane, []]));
  const scripts: ScriptTruth[] = [];
  return {
    scripts,
    take(change) {
      if (change.kind === 'script' && change.phase === 'start') {
        scripts.push({ kind: change.script, lane: change.lane, startMs: change.atMs });
      }
      if (change.kind === 'passage' && change.direction === 'forward') {
        speeds.get(change.lane)?.push(change.speedKmh);
      }
    },
    lanes: () =>
      [...speeds].map(([lane, all]) => {
        const count = all.length;
        const sum = all.reduce((total, speedKmh) => total + speedKmh, 0);
        const inverse = all.reduce((total, speedKmh) => total + 1 / speedKmh, 0);
        return {
          lane,
          count,
          meanSpeedKmh: count === 0 ? null : sum / count,
          spaceMeanSpeedKmh: count === 0 ? null : count / inverse,
        };
      }),
  };
}
