import type { StoreTotals } from '../../app/store-totals.ts';
import { round } from '../../base/units.ts';
import type { LaneTruth, ScriptTruth } from '../../simulator/demo/road-truth.ts';
import type { LedgerTotals } from '../../simulator/platform/platform-ledger.ts';
import type { MeasuredSite } from './measured-site.ts';
import type { ProcessFigure } from './process-figures.ts';

/** What an unattended demonstration writes. Moments are seconds since the scenario began. */
export interface DemoSummary {
  readonly seconds: number;
  readonly seed: number;
  readonly lanes: readonly LaneSummary[];
  readonly records: {
    readonly stored: number;
    readonly acknowledged: number;
    readonly received: number;
    readonly invalid: number;
    readonly duplicates: number;
    readonly lost: number;
  };
  readonly incidents: readonly {
    readonly kind: string;
    readonly lane: string;
    readonly truthAt: number | null;
    readonly openedAt: number | null;
    readonly closedAt: number | null;
  }[];
  readonly latencyMs: {
    readonly incidentToReceivedP50: number | null;
    readonly incidentToReceivedP99: number | null;
  };
  readonly processes: readonly ProcessFigure[];
}

interface LaneSummary {
  readonly lane: string;
  readonly truth: {
    readonly count: number;
    readonly meanSpeedKmh: number | null;
    readonly spaceMeanSpeedKmh: number | null;
  };
  readonly loop: {
    readonly count: number;
    readonly spaceMeanSpeedKmh: number | null;
    readonly occupancyPct: number | null;
    readonly fault?: {
      readonly code: string;
      readonly sensor: string;
      readonly openedAt: number;
      readonly closedAt: number | null;
    };
  };
  readonly camera: { readonly count: number; readonly meanSpeedKmh: number | null } | null;
}

export interface SummaryParts {
  readonly seconds: number;
  readonly seed: number;
  /** Wall clock, ms, of scenario time 0. */
  readonly beganAtMs: number;
  readonly truth: readonly LaneTruth[];
  readonly scripts: readonly ScriptTruth[];
  readonly measured: MeasuredSite;
  readonly store: StoreTotals;
  readonly ledger: LedgerTotals;
  readonly processes: readonly ProcessFigure[];
}

export function summarise(parts: SummaryParts): DemoSummary {
  const { measured, store, ledger, beganAtMs } = parts;
  const at = (wallMs: number): number => round((wallMs - beganAtMs) / 1000, 2);
  const atOrNull = (wallMs: number | null): number | null => (wallMs === null ? null : at(wallMs));
  return {
    seconds: round(parts.seconds, 1),
    seed: parts.seed,
    lanes: parts.truth.map((truth) => laneSummary(truth, measured, at)),
    records: {
      stored: store.stored,
      acknowledged: store.acknowledged,
      received: ledger.received,
      invalid: ledger.invalid,
      duplicates: ledger.duplicates,
      lost: Math.max(store.stored - ledger.received, ledger.missing),
    },
    incidents: matchIncidents(parts).map(({ kind, lane, truthMs, openedMs, closedMs }) => ({
      kind,
      lane,
      truthAt: truthMs === null ? null : round(truthMs / 1000, 2),
      openedAt: atOrNull(openedMs),
      closedAt: atOrNull(closedMs),
    })),
    latencyMs: {
      incidentToReceivedP50: percentile(measured.incidentLatenciesMs, 0.5),
      incidentToReceivedP99: percentile(measured.incidentLatenciesMs, 0.99),
    },
    processes: parts.processes,
  };
}

/** Why the demonstration did not succeed; empty when it did. */
export function shortfalls(summary: DemoSummary): readonly string[] {
  const { records, lanes } = summary;
  const wrongLanes = lanes
    .filter(({ loop, truth }) => loop.fault === undefined && loop.count !== truth.count)
    .map(({ lane, loop, truth }) => `${lane}: the loop counted ${loop.count} of ${truth.count} vehicles`);
  return [
    ...(records.lost > 0 ? [`${records.lost} records were lost`] : []),
    ...(records.invalid > 0 ? [`${records.invalid} records broke the contract`] : []),
    ...(records.received === 0 ? ['no record was received'] : []),
    ...wrongLanes,
  ];
}

function laneSummary(truth: LaneTruth, measured: MeasuredSite, at: (wallMs: number) => number): LaneSummary {
  const loop = measured.lane(truth.lane, 'loop');
  const camera = measured.lane(truth.lane, 'camera');
  const fault = measured
    .faults()
    .find(({ code, lanes }) => code === 'locked-on' && lanes.includes(truth.lane));
  return {
    lane: truth.lane,
    truth: {
      count: truth.count,
      meanSpeedKmh: rounded(truth.meanSpeedKmh),
      spaceMeanSpeedKmh: rounded(truth.spaceMeanSpeedKmh),
    },
    loop: {
      count: loop?.count ?? 0,
      spaceMeanSpeedKmh: rounded(loop?.spaceMeanSpeedKmh ?? null),
      occupancyPct: rounded(loop?.occupancyPct ?? null),
      ...(fault === undefined
        ? {}
        : {
            fault: {
              code: fault.code,
              sensor: fault.sensor,
              openedAt: at(fault.openedAtMs),
              closedAt: fault.closedAtMs === null ? null : at(fault.closedAtMs),
            },
          }),
    },
    camera: camera === null ? null : { count: camera.count, meanSpeedKmh: rounded(camera.timeMeanSpeedKmh) },
  };
}

interface MatchedIncident {
  readonly kind: string;
  readonly lane: string;
  readonly truthMs: number | null;
  readonly openedMs: number | null;
  readonly closedMs: number | null;
}

/** Each scripted one with the first incident of its kind and lane that opened after it; then those nobody scripted. */
function matchIncidents({ scripts, measured, beganAtMs }: SummaryParts): readonly MatchedIncident[] {
  const left = [...measured.incidents()];
  const scripted = scripts.map(({ kind, lane, startMs }): MatchedIncident => {
    const index = left.findIndex(
      (one) => one.kind === kind && one.lane === lane && one.openedAtMs >= beganAtMs + startMs,
    );
    const found = index < 0 ? undefined : left.splice(index, 1)[0];
    return {
      kind,
      lane,
      truthMs: startMs,
      openedMs: found?.openedAtMs ?? null,
      closedMs: found?.closedAtMs ?? null,
    };
  });
  const unscripted = left.map(({ kind, lane, openedAtMs, closedAtMs }): MatchedIncident => {
    return { kind, lane, truthMs: null, openedMs: openedAtMs, closedMs: closedAtMs };
  });
  return [...scripted, ...unscripted];
}

function rounded(value: number | null): number | null {
  return value === null ? null : round(value, 1);
}

/** Nearest-rank percentile, whole ms. */
function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? null : Math.round(value);
}
