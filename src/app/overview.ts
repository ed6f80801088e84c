import type { Now } from '../base/clock.ts';
import type { SensorHealth } from '../sensors/contract.ts';
import type { StoreTotals } from '../store/store.ts';
import { laneIndex } from '../traffic/lane-index.ts';
import { isBelieved } from '../traffic/lane-loops.ts';
import type { FaultLayer } from '../traffic/observations/observation.ts';
import { adviceOn, type FaultAdvice } from '../traffic/quality/fault-codes.table.ts';
import type { LaneSource } from '../traffic/record.ts';
import type { LoopDefinition, SiteDefinition } from '../traffic/site-definition.ts';
import type { SiteState } from '../traffic/site-state.ts';
import type { CommandFigures } from '../uplink/commands/command-figures.ts';
import type { SparkplugStatus } from '../uplink/sparkplug/sparkplug-link.ts';
import type { LoopLamps } from './loop-lamps.ts';
import { type IncidentOverview, openIncidents } from './open-incidents.ts';
import type { UplinkOverview } from './uplinks.ts';

export { adviceOn, type FaultAdvice } from '../traffic/quality/fault-codes.table.ts';
export type { IncidentOverview } from './open-incidents.ts';

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
  readonly loops: readonly LoopOverview[];
  /** The gravest first. */
  readonly incidents: readonly IncidentOverview[];
  readonly faults: readonly FaultOverview[];
  /** What the site file asks for and will disappoint. */
  readonly warnings: readonly WarningOverview[];
  readonly processes: readonly ProcessOverview[];
  readonly inbox: { readonly waiting: number; readonly refused: number };
  readonly store: StoreTotals & { readonly unstored: number; readonly lost: number };
  /** The platform. */
  readonly uplink: UplinkOverview;
  readonly furtherUplinks: readonly UplinkOverview[];
  /** What became of the platform's commands; null where the site takes none. */
  readonly commands: CommandFigures | null;
  /** The link to a Sparkplug host; null where the site file names none. */
  readonly sparkplug: SparkplugStatus | null;
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

/** One loop as the technician on the road sees it. Moments are UTC ms. */
export interface LoopOverview {
  readonly loop: string;
  /** Its number in the high-resolution log. */
  readonly detector: number;
  readonly lane: string;
  readonly role: 'entry' | 'exit' | 'single';
  readonly device: string;
  /** Null until the first reading, while its device cannot be read, and for whole-vehicle devices. */
  readonly occupied: boolean | null;
  /** Last change of its output. */
  readonly sinceMs: number | null;
  /** Arrival of the last vehicle. */
  readonly lastHitMs: number | null;
  readonly lastOnTimeMs: number | null;
  /** Vehicles since the agent was started. */
  readonly count: number;
  readonly lastSpeedKmh: number | null;
  /** Codes of the open faults of the loop, its device and its bus. */
  readonly faults: readonly string[];
}

export interface FaultOverview {
  readonly layer: FaultLayer;
  readonly sensor: string;
  readonly code: string;
  readonly detail: string;
  readonly lanes: readonly string[];
  readonly sinceMs: number;
  /** What it means and what to do; null for a code that is not known here. */
  readonly advice: FaultAdvice | null;
}

export interface WarningOverview {
  /** Path in the site file, `buses[0].devices[1]`. */
  readonly path: string;
  readonly message: string;
  readonly hint: string;
  readonly chinese: string;
}

/** What the drive-over test shows; asked for several times a second. */
export interface WatchView {
  readonly site: string;
  readonly nowMs: number;
  readonly loops: readonly LoopOverview[];
  /** The gravest first. */
  readonly incidents: readonly IncidentOverview[];
  readonly faults: readonly FaultOverview[];
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
  readonly lamps: LoopLamps;
  readonly warnings: readonly WarningOverview[];
  readonly processes: readonly ProcessOverview[];
  readonly inbox: Overview['inbox'];
  readonly store: Overview['store'];
  /** The platform first. */
  readonly uplinks: readonly [UplinkOverview, ...UplinkOverview[]];
  readonly commands: Overview['commands'];
  readonly sparkplug: Overview['sparkplug'];
}

export function makeOverview(parts: OverviewParts): Overview {
  const { definition, state, now } = parts;
  const [platform, ...furtherUplinks] = parts.uplinks;
  return {
    ...makeWatchView(parts),
    version: parts.version,
    boot: state.boot,
    configRev: definition.configRev,
    upForS: Math.round((now.monoMs - parts.startedMonoMs) / 1000),
    clock: now.quality,
    lanes: definition.lanes.map(({ lane }) => laneOverview(definition, lane, state)),
    warnings: parts.warnings.map(({ path, message, hint, chinese }) => ({ path, message, hint, chinese })),
    processes: parts.processes.map((each) => ({ ...each, sensors: each.sensors.map(withJudged(state)) })),
    inbox: parts.inbox,
    store: parts.store,
    uplink: platform,
    furtherUplinks,
    commands: parts.commands,
    sparkplug: parts.sparkplug,
  };
}

/** The part of the overview that changes with every vehicle. */
export function makeWatchView(
  parts: Pick<OverviewParts, 'definition' | 'state' | 'lamps' | 'now'>,
): WatchView {
  const { definition, state, now } = parts;
  const wallOf = wallClock(now);
  return {
    site: definition.site,
    nowMs: now.wallMs,
    loops: definition.lanes.flatMap(({ lane, station }) => {
      if (station === null) return [];
      const { entry, exit } = station;
      if (exit === null) return [loopOverview(entry, { lane, role: 'single' }, parts)];
      return [
        loopOverview(entry, { lane, role: 'entry' }, parts),
        loopOverview(exit, { lane, role: 'exit' }, parts),
      ];
    }),
    incidents: openIncidents(state),
    faults: [...state.faults.values()].map(
      ({ layer, sensor, code, detail, lanes, openedMs, openedWallMs }) => ({
        layer,
        sensor,
        code,
        detail,
        lanes,
        sinceMs: openedWallMs ?? wallOf(openedMs),
        advice: adviceOn({ layer, code }),
      }),
    ),
  };
}

function loopOverview(
  definition: LoopDefinition,
  place: Pick<LoopOverview, 'lane' | 'role'>,
  { state, lamps, now }: Pick<OverviewParts, 'state' | 'lamps' | 'now'>,
): LoopOverview {
  const { loop, detector, device, bus } = definition;
  const lamp = lamps.of(loop);
  const wallOf = wallClock(now);
  const open = [...state.faults.values()];
  const above = open.filter(
    ({ layer, sensor }) => (layer === 'device' && sensor === device) || (layer === 'port' && sensor === bus),
  );
  const own = open.filter(({ layer, sensor }) => layer === 'channel' && sensor === loop);
  return {
    loop,
    detector,
    ...place,
    device,
    // A device that refuses one read may still tell presence by another.
    occupied: above.some(({ code }) => code !== 'exception') ? null : lamp.occupied,
    sinceMs: lamp.changedMs === null ? null : wallOf(lamp.changedMs),
    lastHitMs: lamp.hitMs === null ? null : wallOf(lamp.hitMs),
    lastOnTimeMs: lamp.lastOnTimeMs === null ? null : Math.round(lamp.lastOnTimeMs),
    count: lamp.count,
    lastSpeedKmh: lamp.speedKmh ?? state.loops.get(place.lane)?.flow.lastSpeedKmh ?? null,
    faults: [...above, ...own].map(({ code }) => code),
  };
}

/** What the process tells of a camera, and what judging its pictures had to pass over. */
function withJudged({ cameras }: SiteState): (sensor: SensorHealth) => SensorHealth {
  return (health) => {
    const judged = cameras.get(health.sensor)?.collisions;
    if (judged === undefined) return health;
    return { ...health, figures: { ...health.figures, refusedEncounters: judged.refused } };
  };
}

function wallClock(now: Now): (monoMs: number) => number {
  return (monoMs) => Math.round(now.wallMs - (now.monoMs - monoMs));
}

function laneOverview(definition: SiteDefinition, lane: string, state: SiteState): LaneOverview {
  const loops = state.loops.get(lane);
  const loopLane = laneIndex(definition).byLane.get(lane);
  const byLoop =
    loops === undefined || loopLane === undefined
      ? []
      : [
          {
            ...measureOf(loops.flow),
            occupied: loops.station.entryOpen !== null,
            believed: isBelieved(loopLane, loops),
          },
        ];
  const byCamera = [...state.cameras.values()].flatMap(({ flows }) => {
    const flow = flows.get(lane);
    if (flow === undefined) return [];
    const isFaulty = [...state.faults.values()].some(
      ({ layer, sensor }) => layer === 'model' || (layer === 'camera' && sensor === flow.sensor),
    );
    return [{ ...measureOf(flow), occupied: null, believed: !isFaulty }];
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
