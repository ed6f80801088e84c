import type { Now } from '../base/clock.ts';
import type { SensorHealth } from '../sensors/contract.ts';
import type { StoreTotals } from '../store/store.ts';
import type { IncidentKind, LaneSource } from '../traffic/record.ts';
import type { SiteDefinition } from '../traffic/site-definition.ts';
import type { SiteState } from '../traffic/site-state.ts';
import type { UplinkStatus } from '../uplink/uplink.ts';

/** The gateway at a glance, for the console and `roadside status`. Plain data, made afresh when asked for. */
export interface Overview {
  readonly site: string;
  readonly version: string;
  readonly boot: string;
  readonly configRev: string;
  readonly nowMs: number;
  readonly upForS: number;
  readonly clock: Now['quality'];
  readonly lanes: readonly LaneOverview[];
  readonly incidents: readonly {
    readonly kind: IncidentKind;
    readonly lane: string;
    readonly sinceMs: number;
  }[];
  readonly faults: readonly {
    readonly layer: string;
    readonly sensor: string;
    readonly code: string;
    readonly detail: string;
    readonly sinceMs: number;
  }[];
  readonly processes: readonly ProcessOverview[];
  readonly inbox: { readonly waiting: number; readonly refused: number };
  readonly store: StoreTotals & { readonly unstored: number; readonly lost: number };
  readonly uplink: UplinkStatus;
}

export interface LaneOverview {
  readonly lane: string;
  readonly measures: readonly {
    readonly source: LaneSource;
    readonly sensor: string;
    readonly countSinceStart: number;
    readonly lastSpeedKmh: number | null;
    /** Whether the reference loop is occupied now; null for a camera. */
    readonly occupied: boolean | null;
    readonly believed: boolean;
  }[];
}

export interface ProcessOverview {
  readonly process: string;
  readonly state: 'starting' | 'working' | 'down' | 'stopped';
  readonly pid: number | null;
  readonly restarts: number;
  readonly sensors: readonly SensorHealth[];
}

/** What an overview is made from. */
export interface OverviewParts {
  readonly definition: SiteDefinition;
  readonly version: string;
  readonly startedMonoMs: number;
  readonly now: Now;
  readonly state: SiteState;
  readonly processes: readonly ProcessOverview[];
  readonly inbox: Overview['inbox'];
  readonly store: Overview['store'];
  readonly uplink: UplinkStatus;
}

export function makeOverview(parts: OverviewParts): Overview {
  const { definition, state, now } = parts;
  const wallOf = (monoMs: number): number => Math.round(now.wallMs - (now.monoMs - monoMs));
  return {
    site: definition.site,
    version: parts.version,
    boot: state.boot,
    configRev: definition.configRev,
    nowMs: now.wallMs,
    upForS: Math.round((now.monoMs - parts.startedMonoMs) / 1000),
    clock: now.quality,
    lanes: definition.lanes.map(({ lane }) => laneOverview(lane, state)),
    incidents: [...state.incidents.values()].flatMap(({ life, incidentKind, lane }) =>
      life.kind === 'open' ? [{ kind: incidentKind, lane, sinceMs: wallOf(life.sinceMs) }] : [],
    ),
    faults: [...state.faults.values()].map(({ layer, sensor, code, detail, openedMs }) => ({
      layer,
      sensor,
      code,
      detail,
      sinceMs: wallOf(openedMs),
    })),
    processes: parts.processes,
    inbox: parts.inbox,
    store: parts.store,
    uplink: parts.uplink,
  };
}

function laneOverview(lane: string, state: SiteState): LaneOverview {
  const loops = state.loops.get(lane);
  const byLoop =
    loops === undefined
      ? []
      : [
          {
            ...measureOf(loops.flow),
            occupied: loops.station.entryOpen !== null,
            believed: loops.distrust.size === 0,
          },
        ];
  const byCamera = [...state.cameras.values()].flatMap(({ flows }) => {
    const flow = flows.get(lane);
    return flow === undefined ? [] : [{ ...measureOf(flow), occupied: null, believed: true }];
  });
  return { lane, measures: [...byLoop, ...byCamera] };
}

function measureOf(flow: {
  readonly source: LaneSource;
  readonly sensor: string;
  readonly totalCount: number;
  readonly lastSpeedKmh: number | null;
}): Pick<LaneOverview['measures'][number], 'source' | 'sensor' | 'countSinceStart' | 'lastSpeedKmh'> {
  const { source, sensor, totalCount, lastSpeedKmh } = flow;
  return { source, sensor, countSinceStart: totalCount, lastSpeedKmh };
}
