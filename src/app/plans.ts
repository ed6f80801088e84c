import { readFileSync } from 'node:fs';
import { messageOf, RoadsideError } from '../base/errors.ts';
import { estimateHomography } from '../base/homography.ts';
import { expandReads } from '../catalog/derive/reads.ts';
import type { LoadedModel } from '../catalog/load/load-model.ts';
import type { LoadedSite } from '../catalog/load/load-site.ts';
import type { Bus, Camera } from '../catalog/schema/site.ts';
import type {
  BusPlan,
  CameraPlan,
  DevicePlan,
  FieldbusConfiguration,
  VisionConfiguration,
} from '../sensors/contract.ts';
import type { UplinkSettings } from '../uplink/uplink.ts';

/** The fieldbus process's part of a checked site; null when it has no bus. */
export function planFieldbus(loaded: LoadedSite): FieldbusConfiguration | null {
  const { buses } = loaded.site;
  if (buses.length === 0) return null;
  return { kind: 'fieldbus', buses: buses.map((bus) => planBus(loaded, bus)) };
}

function planBus(loaded: LoadedSite, bus: Bus): BusPlan {
  const devices = bus.devices.map((device): DevicePlan => {
    const driver = loaded.drivers.get(device.driver);
    if (driver === undefined)
      throw new RangeError(`driver ${device.driver} was not loaded: the site was not checked`);
    const { loops, pollMs, invert } = device;
    return {
      id: device.id,
      unit: device.unit,
      responseTimeoutMs: driver.bus.responseTimeoutMs,
      turnaroundMs: driver.bus.turnaroundMs,
      reads: expandReads({ driver, loops, pollMs, invert }).map((read) => ({
        ...read,
        signals: [...read.signals],
      })),
    };
  });
  if (bus.protocol === 'modbus-tcp') {
    return { protocol: 'modbus-tcp', id: bus.id, host: bus.host, port: bus.port, devices };
  }
  const { id, path, baud, parity, stopBits } = bus;
  return { protocol: 'modbus-rtu', id, path, baud, parity, stopBits, devices };
}

/** The vision process's part of a site, or why its cameras cannot be used; null when it has no camera. */
export type VisionPlan =
  | { readonly kind: 'planned'; readonly configuration: VisionConfiguration }
  | { readonly kind: 'impossible'; readonly model: string; readonly problem: RoadsideError };

/** A model that is missing does not stop the gateway: it works on its loops and reports the fault. */
export function planVision(loaded: LoadedSite): VisionPlan | null {
  const [first] = loaded.site.cameras;
  if (first === undefined) return null;
  const other = loaded.site.cameras.find(({ model }) => model !== first.model);
  if (other !== undefined) {
    throw new RoadsideError('config-conflict', `cameras ${first.id} and ${other.id} name different models`, {
      hint: 'All cameras of a cabinet share one detector: name the same model for each.',
    });
  }
  const model = loaded.models.get(first.model);
  if (model === undefined)
    throw new RangeError(`model ${first.model} was not loaded: the site was not checked`);
  if (model.kind === 'unavailable') return { kind: 'impossible', model: first.model, problem: model.problem };
  const cameras = loaded.site.cameras.map(planCamera);
  return { kind: 'planned', configuration: { kind: 'vision', model: planModel(model), cameras } };
}

function planModel({
  card,
  file,
}: Extract<LoadedModel, { kind: 'available' }>): VisionConfiguration['model'] {
  return {
    id: card.model,
    file,
    sha256: card.sha256,
    decoder: card.decoder,
    labels: card.labels,
    inputWidthPx: card.input.widthPx,
    inputHeightPx: card.input.heightPx,
    scoreThreshold: card.thresholds.score,
    iouThreshold: card.thresholds.iou,
  };
}

function planCamera(camera: Camera): CameraPlan {
  const { picture } = camera;
  const points = camera.groundPlane;
  return {
    id: camera.id,
    source: planSource(camera),
    picture,
    crop: camera.crop ?? { x: 0, y: 0, widthPx: picture.widthPx, heightPx: picture.heightPx },
    framesPerSecond: camera.framesPerSecond,
    homography: points === undefined ? null : [...estimateHomography(points).matrix],
  };
}

function planSource({ id, source }: Camera): CameraPlan['source'] {
  if (source.kind === 'file') return { kind: 'file', path: source.path, loop: source.loop };
  const { url, user, passwordFile } = source;
  const password = passwordFile === undefined ? null : readPassword(id, passwordFile);
  return { kind: 'rtsp', url, user: user ?? null, password };
}

function readPassword(camera: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new RoadsideError(
      'config-unreadable',
      `camera ${camera}: cannot read ${file}: ${messageOf(error)}`,
      {
        hint: 'Check passwordFile in the site file and that the user of the gateway may read the file.',
        cause: error,
      },
    );
  }
}

/** An acknowledgement that takes longer means a dead link; half-open 4G links are noticed by it. */
const ACK_DEADLINE_MS = 20_000;
const RECONNECT_MIN_MS = 1000;
/** Older records are not news any more: they go to the replay topics. */
const LIVE_WITHIN_MS = 30_000;

export function planUplink({ site }: LoadedSite): UplinkSettings {
  const { publishPassages: _, reconnectMaxS, ...settings } = site.uplink;
  return {
    ...settings,
    ackDeadlineMs: ACK_DEADLINE_MS,
    reconnectMinMs: RECONNECT_MIN_MS,
    reconnectMaxMs: reconnectMaxS * 1000,
    liveWithinMs: LIVE_WITHIN_MS,
  };
}
