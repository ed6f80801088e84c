import { laneId } from '../../base/ids.ts';
import type {
  CameraDefinition,
  LaneDefinition,
  LoopDefinition,
  SiteDefinition,
  StationDefinition,
} from '../../traffic/site-definition.ts';
import type { Camera, Lane, Site } from '../schema/site.ts';

/** The part of a checked site that the domain needs. */
export function deriveSiteDefinition(loaded: {
  readonly site: Site;
  readonly configRev: string;
}): SiteDefinition {
  const { site, configRev } = loaded;
  const wired = loopsOf(site);
  return {
    site: site.site.id,
    configRev,
    intervalsS: site.flow.intervalsS,
    lanes: site.approaches.flatMap((approach) =>
      approach.lanes.map(
        (lane): LaneDefinition => ({
          lane: laneId(approach.id, lane.number),
          approach: approach.id,
          station: stationOf(lane, wired),
        }),
      ),
    ),
    cameras: site.cameras.map(cameraOf),
    incidents: site.incidents,
  };
}

function loopsOf(site: Site): ReadonlyMap<string, LoopDefinition> {
  return new Map(
    site.buses.flatMap((bus) =>
      bus.devices.flatMap((device) =>
        device.loops
          .filter((loop) => loop !== null)
          .map((loop) => [loop, { loop, device: device.id, bus: bus.id }] as const),
      ),
    ),
  );
}

function stationOf(lane: Lane, wired: ReadonlyMap<string, LoopDefinition>): StationDefinition | null {
  if (lane.station === undefined) return null;
  const { loops, spacingM, loopLengthM, lockedOnS } = lane.station;
  const [entry, exit] = loops.map((loop) => {
    const definition = wired.get(loop);
    if (definition === undefined)
      throw new RangeError(`loop ${loop} is on no device: the site was not checked`);
    return definition;
  });
  if (entry === undefined) return null;
  return { entry, exit: exit ?? null, spacingM: spacingM ?? null, loopLengthM, lockedOnS };
}

function cameraOf(camera: Camera): CameraDefinition {
  return { camera: camera.id, framesPerSecond: camera.framesPerSecond, lanes: camera.lanes };
}
