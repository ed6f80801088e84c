import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assertNever } from '../base/assert-never.ts';
import { canonicalJson } from '../base/canonical-json.ts';
import { messageOf, RoadsideError } from '../base/errors.ts';
import { passwordIn } from '../base/password-text.ts';
import { calibrateRoad } from '../base/road-plane.ts';
import { detectorInput } from '../catalog/derive/detector-input.ts';
import { pollMsOf } from '../catalog/derive/evidence.ts';
import { expandReads } from '../catalog/derive/reads.ts';
import type { LoadedModel } from '../catalog/load/load-model.ts';
import type { LoadedSite } from '../catalog/load/load-site.ts';
import type { LoopDriver } from '../catalog/schema/driver.ts';
import type { ModelCard } from '../catalog/schema/model-card.ts';
import type { Bus, Camera, Device, Site } from '../catalog/schema/site.ts';
import { PLATFORM } from '../catalog/schema/uplink.ts';
import type {
  BusPlan,
  CameraPlan,
  DevicePlan,
  EvidencePlan,
  FieldbusConfiguration,
  FrameDevicePlan,
  VisionConfiguration,
} from '../sensors/contract.ts';
import type { StreamName } from '../traffic/stored-record.ts';
import type { UplinkSettings } from '../uplink/uplink.ts';

/** The fieldbus process's part of a checked site; null when it has no bus. */
export function planFieldbus(loaded: LoadedSite): FieldbusConfiguration | null {
  const { buses, fieldbus } = loaded.site;
  if (buses.length === 0) return null;
  const { realTime } = fieldbus;
  return { kind: 'fieldbus', realTime, buses: buses.map((bus) => planBus(bus, loaded.drivers)) };
}

/** One bus of a checked site, as the fieldbus process is given it. */
export function planBus(bus: Bus, drivers: ReadonlyMap<string, LoopDriver>): BusPlan {
  switch (bus.protocol) {
    case 'modbus-tcp':
    case 'modbus-rtu':
    case 'modbus-rtu-over-tcp':
      return { ...bus, devices: bus.devices.map((device) => planDevice(device, drivers)) };
    case 'serial-frames':
    case 'tcp-frames':
    case 'tcp-frames-server':
      return { ...bus, devices: bus.devices.map((device) => planFrameDevice(device, drivers)) };
    default:
      return assertNever(bus);
  }
}

function planDevice(device: Device, drivers: ReadonlyMap<string, LoopDriver>): DevicePlan {
  const driver = drivers.get(device.driver);
  if (driver?.protocol !== 'modbus') throw unchecked(device);
  const pollMs = pollMsOf(device, driver);
  const reads = expandReads({ driver, loops: device.loops, pollMs, invert: device.invert });
  return {
    id: device.id,
    unit: device.unit,
    responseTimeoutMs: driver.bus.responseTimeoutMs,
    turnaroundMs: driver.bus.turnaroundMs,
    reads: reads.map((read) => ({ ...read, signals: [...read.signals] })),
  };
}

function planFrameDevice(device: Device, drivers: ReadonlyMap<string, LoopDriver>): FrameDevicePlan {
  const driver = drivers.get(device.driver);
  if (driver?.protocol !== 'frames') throw unchecked(device);
  return {
    id: device.id,
    address: device.unit,
    identity: device.identity ?? null,
    responseTimeoutMs: driver.bus.responseTimeoutMs,
    turnaroundMs: driver.bus.turnaroundMs,
    everyMs: pollMsOf(device, driver),
    codec: device.invert ? withContactsInverted(driver.codec) : driver.codec,
    channels: device.loops.flatMap((loop, index) => (loop === null ? [] : [{ channel: index + 1, loop }])),
  };
}

/** The contacts are wired the other way round than the driver expects. */
function withContactsInverted(codec: FrameDevicePlan['codec']): FrameDevicePlan['codec'] {
  if (codec.name !== 'ascii-fields') return codec;
  const exchanges = codec.exchanges.map((exchange) => ({
    ...exchange,
    reply: exchange.reply.map((part) =>
      part.part === 'bits' && part.means === 'loop-occupied' ? { ...part, invert: !part.invert } : part,
    ),
  }));
  return { ...codec, exchanges };
}

function unchecked(device: Device): RangeError {
  return new RangeError(`driver ${device.driver} was not loaded for this bus: the site was not checked`);
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
  const views = join(dirname(loaded.site.store.file), 'views');
  const cameras = loaded.site.cameras.map((camera) => ({
    ...planCamera(camera, model.card),
    view: { file: join(views, `${camera.id}.view`), key: viewKeyOf(camera) },
  }));
  const evidence = planEvidence(loaded);
  const keeping = evidence === null ? {} : { evidence };
  const detector = { ...planModel(model), picturesPerS: picturesPerS(cameras, model.card.input) };
  return { kind: 'planned', configuration: { kind: 'vision', model: detector, cameras, ...keeping } };
}

/** What cameras ask of the detector, in pictures of its own size: its time goes by the area. */
function picturesPerS(cameras: readonly CameraPlan[], own: ModelCard['input']): number {
  const share = ({ input = own }: CameraPlan): number =>
    (input.widthPx * input.heightPx) / (own.widthPx * own.heightPx);
  return cameras.reduce((sum, camera) => sum + camera.framesPerSecond * share(camera), 0);
}

/** Where the evidence of incidents goes; null where none is kept. */
export function planEvidence({ site }: Pick<LoadedSite, 'site'>): EvidencePlan | null {
  const { maxMegabytes, beforeS, afterS, blur } = site.evidence;
  if (maxMegabytes === 0 || site.cameras.length === 0) return null;
  return {
    folder: site.evidence.folder ?? join(dirname(site.store.file), 'evidence'),
    maxBytes: maxMegabytes * 1024 * 1024,
    // The socket's folder is in memory: a stream written to flash around the clock would wear it out in a year or two.
    ringFolder: site.evidence.ringFolder ?? join(dirname(site.control.socket), 'ring'),
    beforeMs: beforeS * 1000,
    afterMs: afterS * 1000,
    blur,
  };
}

/** A model as the vision process is given it. */
export function planModel({
  card,
  dir,
  file,
}: Extract<LoadedModel, { kind: 'available' }>): VisionConfiguration['model'] {
  const { int8, selfCheck } = card;
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
    pixels: card.input.pixels,
    precision: card.precision,
    ...(card.outputs !== undefined && { outputs: card.outputs }),
    ...(card.boxes !== undefined && { boxes: card.boxes }),
    ...(int8 !== undefined && { int8: { ...int8, file: join(dir, int8.file) } }),
    ...(selfCheck !== undefined && { selfCheck: { ...selfCheck, picture: join(dir, selfCheck.picture) } }),
  };
}

function planCamera(camera: Camera, card: ModelCard): CameraPlan {
  const { picture } = camera;
  const input = detectorInput(camera, card.input);
  const points = camera.groundPlane;
  return {
    id: camera.id,
    source: planSource(camera),
    picture,
    crop: camera.crop ?? { x: 0, y: 0, widthPx: picture.widthPx, heightPx: picture.heightPx },
    ...(input !== null && { input }),
    framesPerSecond: camera.framesPerSecond,
    decoder: camera.decoder,
    homography: points === undefined ? null : [...calibrateRoad(points, camera).plane.matrix],
  };
}

/** What a camera's usual view is the view of. Who draws its lanes anew has looked at what it shows now. */
function viewKeyOf({ picture, crop, detail, groundPlane, lanes, zones }: Camera): string {
  const drawn = { picture, crop, detail, groundPlane, lanes, zones };
  return createHash('sha256').update(canonicalJson(drawn)).digest('hex');
}

function planSource({ id, source }: Camera): CameraPlan['source'] {
  if (source.kind === 'file') return { kind: 'file', path: source.path, loop: source.loop };
  const { kind, url, user, passwordFile } = source;
  const password = passwordFile === undefined ? null : readPassword(id, passwordFile);
  return { kind, url, user: user ?? null, password };
}

function readPassword(camera: string, file: string): string {
  try {
    return passwordIn(readFileSync(file, 'utf8'));
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

/** One receiver of records. */
export interface UplinkPlan {
  readonly name: string;
  readonly streams: ReadonlySet<StreamName>;
  readonly settings: UplinkSettings;
}

/** The platform first. What is missing from a stream is told to everybody who gets any. */
export function planUplinks({ site }: LoadedSite): readonly [UplinkPlan, ...UplinkPlan[]] {
  const { publishPassages, publishHiRes, healthEveryS, commands, sparkplug, ...platform } = site.uplink;
  const streams = new Set<StreamName>(['incident', 'fault', 'flow', 'movement', 'gap', 'audit']);
  if (publishPassages) streams.add('passage');
  if (publishHiRes) streams.add('hires');
  if (healthEveryS > 0) streams.add('health');
  return [
    { name: PLATFORM, streams, settings: settingsOf(platform) },
    ...site.furtherUplinks.map(({ id, streams: wanted, ...broker }) => ({
      name: id,
      streams: new Set<StreamName>([...wanted, 'gap']),
      settings: settingsOf(broker),
    })),
  ];
}

function settingsOf({
  reconnectMaxS,
  backfillDelayMaxS,
  ...settings
}: Omit<
  Site['uplink'],
  'publishPassages' | 'publishHiRes' | 'healthEveryS' | 'commands' | 'sparkplug'
>): UplinkSettings {
  return {
    ...settings,
    ackDeadlineMs: ACK_DEADLINE_MS,
    reconnectMinMs: RECONNECT_MIN_MS,
    reconnectMaxMs: reconnectMaxS * 1000,
    liveWithinMs: LIVE_WITHIN_MS,
    backfillDelayMaxMs: backfillDelayMaxS * 1000,
  };
}
