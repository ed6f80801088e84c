import type { ReceivedRecord } from '../../simulator/platform/platform-ledger.ts';

/** What a platform makes of one lane's flow records. */
export interface LaneMeasure {
  /** From the flow intervals that have ended. */
  readonly count: number;
  /** Single passages received so far; they come at once. */
  readonly passages: number;
  readonly flowVehH: number | null;
  readonly occupancyPct: number | null;
  readonly timeMeanSpeedKmh: number | null;
  readonly spaceMeanSpeedKmh: number | null;
}

export interface MeasuredIncident {
  readonly incident: string;
  readonly kind: string;
  readonly lane: string;
  readonly openedAtMs: number;
  closedAtMs: number | null;
}

export interface MeasuredFault {
  readonly fault: string;
  readonly sensor: string;
  readonly code: string;
  readonly lanes: readonly string[];
  readonly openedAtMs: number;
  closedAtMs: number | null;
}

/** Adds up a site from its records, as a platform that knows only the contract would. */
export interface MeasuredSite {
  take(record: ReceivedRecord, receivedAtMs: number): void;
  lane(lane: string, source: 'loop' | 'camera'): LaneMeasure | null;
  incidents(): readonly MeasuredIncident[];
  faults(): readonly MeasuredFault[];
  /** From an incident's opening at the cabinet to its arrival at the platform, ms. */
  readonly incidentLatenciesMs: readonly number[];
}

interface LaneSum {
  count: number;
  measuredMs: number;
  occupiedMs: number;
  hasOccupancy: boolean;
  speedCount: number;
  spotSpeedCount: number;
  speedSum: number;
  inverseSpeedSum: number;
  passages: number;
}

export function createMeasuredSite(): MeasuredSite {
  const lanes = new Map<string, LaneSum>();
  const incidents = new Map<string, MeasuredIncident>();
  const faults = new Map<string, MeasuredFault>();
  const incidentLatenciesMs: number[] = [];
  const sumOf = (record: ReceivedRecord): LaneSum => {
    const key = `${String(record['lane'])}/${String(record['source'])}`;
    const sum = lanes.get(key) ?? {
      count: 0,
      measuredMs: 0,
      occupiedMs: 0,
      hasOccupancy: false,
      speedCount: 0,
      spotSpeedCount: 0,
      speedSum: 0,
      inverseSpeedSum: 0,
      passages: 0,
    };
    lanes.set(key, sum);
    return sum;
  };

  const takeFlow = (record: ReceivedRecord): void => {
    const sum = sumOf(record);
    const count = numberOf(record, 'count');
    if (count === null) return;
    const spanMs = (numberOf(record, 'endMs') ?? 0) - (numberOf(record, 'startMs') ?? 0);
    const measuredMs = (spanMs * (numberOf(record, 'coveragePct') ?? 0)) / 100;
    const occupancyPct = numberOf(record, 'occupancyPct');
    const speedCount = numberOf(record, 'speedCount') ?? 0;
    const spotSpeedCount = numberOf(record, 'spotSpeedCount') ?? 0;
    const timeMean = numberOf(record, 'timeMeanSpeedKmh');
    const spaceMean = numberOf(record, 'spaceMeanSpeedKmh');
    sum.count += count;
    sum.measuredMs += measuredMs;
    sum.hasOccupancy ||= occupancyPct !== null;
    sum.occupiedMs += ((occupancyPct ?? 0) * measuredMs) / 100;
    if (timeMean !== null) {
      sum.spotSpeedCount += spotSpeedCount;
      sum.speedSum += spotSpeedCount * timeMean;
    }
    if (spaceMean !== null) {
      sum.speedCount += speedCount;
      sum.inverseSpeedSum += speedCount / spaceMean;
    }
  };

  return {
    incidentLatenciesMs,
    take(record, receivedAtMs) {
      const openedAtMs = numberOf(record, 'openedAtMs') ?? 0;
      const closedAtMs = numberOf(record, 'closedAtMs');
      switch (record.stream) {
        case 'flow':
          takeFlow(record);
          return;
        case 'passage':
          if (record['direction'] === 'forward') sumOf(record).passages += 1;
          return;
        case 'incident': {
          const incident = String(record['incident']);
          if (record['phase'] === 'open') incidentLatenciesMs.push(receivedAtMs - openedAtMs);
          const known = incidents.get(incident);
          if (known !== undefined) known.closedAtMs = closedAtMs;
          else {
            const kind = String(record['incidentKind']);
            incidents.set(incident, { incident, kind, lane: String(record['lane']), openedAtMs, closedAtMs });
          }
          return;
        }
        case 'fault': {
          const fault = String(record['fault']);
          const lanesTouched = Array.isArray(record['lanes']) ? record['lanes'].map(String) : [];
          const { sensor, code } = { sensor: String(record['sensor']), code: String(record['code']) };
          const known = faults.get(fault);
          if (known !== undefined) known.closedAtMs = closedAtMs;
          else faults.set(fault, { fault, sensor, code, lanes: lanesTouched, openedAtMs, closedAtMs });
          return;
        }
      }
    },
    lane(lane, source) {
      const sum = lanes.get(`${lane}/${source}`);
      return sum === undefined ? null : measureOf(sum);
    },
    incidents: () => [...incidents.values()],
    faults: () => [...faults.values()],
  };
}

function measureOf(sum: LaneSum): LaneMeasure {
  const { count, measuredMs, speedCount, spotSpeedCount } = sum;
  return {
    count,
    passages: sum.passages,
    flowVehH: measuredMs > 0 ? (count * 3_600_000) / measuredMs : null,
    occupancyPct: sum.hasOccupancy && measuredMs > 0 ? (100 * sum.occupiedMs) / measuredMs : null,
    timeMeanSpeedKmh: spotSpeedCount > 0 ? sum.speedSum / spotSpeedCount : null,
    spaceMeanSpeedKmh: speedCount > 0 ? speedCount / sum.inverseSpeedSum : null,
  };
}

function numberOf(record: ReceivedRecord, field: string): number | null {
  const value = record[field];
  return typeof value === 'number' ? value : null;
}
