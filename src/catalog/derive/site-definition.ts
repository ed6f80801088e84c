import { laneId } from '../../base/ids.ts';
import { calibrateRoad } from '../../base/road-plane.ts';
import type {
  CameraDefinition,
  ClassScheme,
  FaultLimits,
  LaneDefinition,
  LoopDefinition,
  SiteDefinition,
  StationDefinition,
} from '../../traffic/site-definition.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Camera, Lane, Site } from '../schema/site.ts';
import { CLASS_SCHEME_TABLE } from './class-schemes.table.ts';
import { evidenceOf, latencyMsOf, pollMsOf } from './evidence.ts';
import { FAULT_LIMITS_BY_KIND } from './fault-limits.table.ts';

interface Checked {
  readonly site: Site;
  readonly drivers: ReadonlyMap<string, LoopDriver>;
  readonly configRev: string;
}

/** The part of a checked site that the domain needs. */
export function deriveSiteDefinition({ site, drivers, configRev }: Checked): SiteDefinition {
  const wired = loopsOf(site, drivers);
  return {
    site: site.site.id,
    configRev,
    intervalsS: site.flow.intervalsS,
    utcOffsetMin: site.site.utcOffsetMin,
    lanes: site.approaches.flatMap((approach) =>
      approach.lanes.map((lane): LaneDefinition => {
        const station = stationOf(lane, wired);
        return {
          lane: laneId(approach.id, lane.number),
          approach: approach.id,
          number: lane.number,
          kind: lane.kind,
          speedLimitKmh: lane.speedLimitKmh,
          station,
          usualSource: station === null ? 'camera' : lane.usualSource,
          classScheme: classSchemeOf(lane),
          faultLimits: faultLimitsOf(lane, site.faults.quietHours),
        };
      }),
    ),
    cameras: site.cameras.map(cameraOf),
    incidents: site.incidents,
  };
}

/** Whether vehicles wait on the loops of a lane. */
function isAtStopLine(lane: Lane): boolean {
  return lane.station?.atStopLine ?? lane.kind === 'stop-line';
}

/** Detectors are numbered in the order in which the lanes of the file name them. */
function loopsOf(site: Site, drivers: ReadonlyMap<string, LoopDriver>): ReadonlyMap<string, LoopDefinition> {
  const numbered = site.approaches.flatMap(({ lanes }) => lanes.flatMap((lane) => lane.station?.loops ?? []));
  const definitions = site.buses.flatMap((bus) =>
    bus.devices.flatMap((device) => {
      const driver = drivers.get(device.driver);
      if (driver === undefined)
        throw new RangeError(`driver ${device.driver} was not loaded: the site was not checked`);
      const pollMs = pollMsOf(device, driver);
      return device.loops.flatMap((loop, channel): LoopDefinition[] => {
        if (loop === null) return [];
        const place = { driver, channel, pollMs };
        return [
          {
            loop,
            detector: numbered.indexOf(loop) + 1,
            device: device.id,
            bus: bus.id,
            evidence: evidenceOf(place),
            latencyMs: latencyMsOf(place),
          },
        ];
      });
    }),
  );
  return new Map(definitions.map((definition) => [definition.loop, definition]));
}

function stationOf(lane: Lane, wired: ReadonlyMap<string, LoopDefinition>): StationDefinition | null {
  if (lane.station === undefined) return null;
  const { loops, spacingM, loopLengthM, effectiveLengthM } = lane.station;
  const [entry, exit] = loops.map((loop) => {
    const definition = wired.get(loop);
    if (definition === undefined)
      throw new RangeError(`loop ${loop} is on no device: the site was not checked`);
    return definition;
  });
  if (entry === undefined) return null;
  return {
    entry,
    exit: exit ?? null,
    spacingM: spacingM ?? null,
    loopLengthM,
    effectiveLengthM,
    atStopLine: isAtStopLine(lane),
  };
}

function classSchemeOf({ classes }: Lane): ClassScheme {
  return typeof classes === 'string' ? CLASS_SCHEME_TABLE[classes] : { scheme: 'custom', bins: classes };
}

/** What the lane says, over what its kind suggests; loops that vehicles wait on are judged as at a stop line. */
function faultLimitsOf(lane: Lane, quietHours: FaultLimits['quietHours']): FaultLimits {
  const kind = isAtStopLine(lane) && lane.kind === 'through' ? 'stop-line' : lane.kind;
  return { ...FAULT_LIMITS_BY_KIND[kind], quietHours, ...lane.faultLimits };
}

/** One camera as the domain sees it. */
export function cameraOf(camera: Camera): CameraDefinition {
  const { x, y, widthPx, heightPx } = camera.crop ?? { x: 0, y: 0, ...camera.picture };
  return {
    camera: camera.id,
    framesPerSecond: camera.framesPerSecond,
    plane: camera.groundPlane === undefined ? null : calibrateRoad(camera.groundPlane, camera).plane,
    visible: [x, y, x + widthPx, y + heightPx],
    lanes: camera.lanes.map((lane) => ({ ...lane, stopLine: lane.stopLine ?? null })),
    zones: camera.zones.map((zone) => ({ ...zone, lane: zone.lane ?? null })),
  };
}
