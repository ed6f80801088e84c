/**
 * The written protocol between the gateway and its sensor processes (fieldbus, vision), over Node's IPC
 * channel. A child says hello, is configured, says ready, is started, and then claims observations until it
 * is told to stop. Whatever arrives is parsed here before anyone looks at it.
 */
import { z } from 'zod';
import type { Observation } from '../traffic/observations/observation.ts';

export const CONTRACT_VERSION = 1;
/** How often a child says that it lives; the supervisor allows several of these before it calls it hung. */
export const HEARTBEAT_EVERY_MS = 1000;
/** Observations of one IPC message at most; a longer burst is split. */
export const OBSERVATIONS_PER_MESSAGE = 512;

const id = z.string().min(1).max(64);
const ms = z.number().finite();

const gapCause = z.enum(['bus', 'device', 'detector', 'camera', 'agent', 'clock']);
const pair = z.tuple([z.number().finite(), z.number().finite()]);

export const observationSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('loop-transition'),
    loop: id,
    occupied: z.boolean(),
    atMs: ms,
    uncertaintyMs: ms.nonnegative(),
    found: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('loop-counters'),
    loop: id,
    count: z.number().int().nonnegative(),
    bits: z.union([z.literal(8), z.literal(16), z.literal(32)]),
    nonVolatile: z.boolean(),
    atMs: ms,
  }),
  z.strictObject({
    kind: z.literal('vehicle-tracks'),
    camera: id,
    atMs: ms,
    tracks: z
      .array(
        z.strictObject({
          track: z.number().int().nonnegative(),
          class: z.enum(['car', 'van', 'truck', 'bus', 'motorcycle', 'bicycle', 'person', 'unknown']),
          score: z.number().min(0).max(1),
          box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
          foot: pair,
          groundM: pair.nullable(),
          coasting: z.boolean(),
        }),
      )
      .max(400),
  }),
  z.strictObject({
    kind: z.literal('sensor-sampling'),
    sensor: id,
    fromMs: ms,
    toMs: ms,
    expected: z.number().nonnegative(),
    received: z.number().nonnegative(),
    cause: gapCause.nullable(),
  }),
  z.strictObject({
    kind: z.literal('sensor-fault'),
    sensor: id,
    layer: z.enum(['port', 'device', 'channel', 'camera', 'model', 'process']),
    code: z.string().min(1).max(64),
    active: z.boolean(),
    atMs: ms,
    detail: z.string().max(500),
  }),
]) satisfies z.ZodType<Observation>;

/* ---- what the fieldbus process is given: its own part of the configuration and nothing else ---- */

const tableName = z.enum(['coil', 'discrete-input', 'holding-register', 'input-register']);

/** What one bit or register of a reply means. `offset` counts bits or registers from the start of the read. */
const signalSchema = z.discriminatedUnion('means', [
  z.strictObject({
    means: z.literal('loop-occupied'),
    offset: z.number().int().min(0),
    loop: id,
    invert: z.boolean(),
  }),
  z.strictObject({
    means: z.literal('loop-fault'),
    offset: z.number().int().min(0),
    loop: id,
    /** `loop-open`, `loop-short`, `loop-fault`. */
    code: z.string().min(1).max(64),
  }),
  z.strictObject({
    means: z.literal('vehicle-count'),
    offset: z.number().int().min(0),
    loop: id,
    decode: z.enum(['u16', 'u32-msw-first', 'u32-lsw-first']),
    nonVolatile: z.boolean(),
  }),
]);
export type SignalPlan = z.infer<typeof signalSchema>;

const readSchema = z.strictObject({
  table: tableName,
  /** 1-based, as manuals print it without the table digit; the wire carries one less. */
  address: z.number().int().min(1).max(65_536),
  /** Bits or registers. */
  quantity: z.number().int().min(1).max(2000),
  everyMs: z.number().int().min(1),
  signals: z.array(signalSchema).min(1),
});
export type ReadPlan = z.infer<typeof readSchema>;
export type TableName = z.infer<typeof tableName>;

const deviceSchema = z.strictObject({
  id,
  unit: z.number().int().min(0).max(255),
  responseTimeoutMs: z.number().int().min(10).max(10_000),
  /** Silence the device needs between two requests to it. */
  turnaroundMs: z.number().min(0).max(1000),
  reads: z.array(readSchema).min(1),
});
export type DevicePlan = z.infer<typeof deviceSchema>;

const busSchema = z.discriminatedUnion('protocol', [
  z.strictObject({
    protocol: z.literal('modbus-tcp'),
    id,
    host: z.string().min(1).max(255),
    port: z.number().int().min(1).max(65_535),
    devices: z.array(deviceSchema).min(1),
  }),
  z.strictObject({
    protocol: z.literal('modbus-rtu'),
    id,
    /** A stable device path, such as /dev/serial/by-id/… */
    path: z.string().min(1).max(255),
    baud: z.number().int().min(1200).max(115_200),
    parity: z.enum(['none', 'even', 'odd']),
    stopBits: z.union([z.literal(1), z.literal(2)]),
    devices: z.array(deviceSchema).min(1),
  }),
]);
export type BusPlan = z.infer<typeof busSchema>;

export const fieldbusConfigurationSchema = z.strictObject({
  kind: z.literal('fieldbus'),
  buses: z.array(busSchema),
});
export type FieldbusConfiguration = z.infer<typeof fieldbusConfigurationSchema>;

/* ---- what the vision process is given ---- */

const cameraSchema = z.strictObject({
  id,
  source: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('rtsp'),
      /** Without credentials: they travel beside it and never stand in an argument list. */
      url: z.string().max(1000),
      user: z.string().max(128).nullable(),
      password: z.string().max(256).nullable(),
    }),
    z.strictObject({ kind: z.literal('file'), path: z.string().max(1000), loop: z.boolean() }),
  ]),
  /** The size that every pixel coordinate of this camera's configuration refers to. */
  picture: z.strictObject({ widthPx: z.number().int().min(16), heightPx: z.number().int().min(16) }),
  /** The part of the picture that shows the road, in picture pixels. */
  crop: z.strictObject({
    x: z.number().int().min(0),
    y: z.number().int().min(0),
    widthPx: z.number().int().min(16),
    heightPx: z.number().int().min(16),
  }),
  framesPerSecond: z.number().min(1).max(30),
  /** Row-major 3×3 from picture pixels to ground metres; null when the camera is not calibrated. */
  homography: z.array(z.number().finite()).length(9).nullable(),
});
export type CameraPlan = z.infer<typeof cameraSchema>;

export const visionConfigurationSchema = z.strictObject({
  kind: z.literal('vision'),
  model: z.strictObject({
    id,
    /** Absolute path of the ONNX file. */
    file: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Which post-processing the outputs need; a closed list. */
    decoder: z.enum(['detections-with-class-scores']),
    /** Class of each score column. */
    labels: z.array(z.string().min(1)).min(1),
    /** Size of the net's input, multiples of 32. */
    inputWidthPx: z.number().int().multipleOf(32),
    inputHeightPx: z.number().int().multipleOf(32),
    scoreThreshold: z.number().min(0).max(1),
    iouThreshold: z.number().min(0).max(1),
  }),
  cameras: z.array(cameraSchema).min(1),
});
export type VisionConfiguration = z.infer<typeof visionConfigurationSchema>;

export const sensorConfigurationSchema = z.discriminatedUnion('kind', [
  fieldbusConfigurationSchema,
  visionConfigurationSchema,
]);
export type SensorConfiguration = z.infer<typeof sensorConfigurationSchema>;

/* ---- the messages ---- */

/** Gateway to child. */
export const toSensorSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('configure'), configuration: sensorConfigurationSchema }),
  z.strictObject({ type: z.literal('start') }),
  z.strictObject({ type: z.literal('stop') }),
]);
export type ToSensor = z.infer<typeof toSensorSchema>;

/** How one sensor is doing, for the console and `roadside status`; not a record. */
const sensorHealth = z.strictObject({
  sensor: id,
  state: z.enum(['starting', 'working', 'failing', 'stopped']),
  /** Plain figures with their unit in the name: `readsPerS`, `inferenceP50Ms`, `droppedFrames`. */
  figures: z.record(z.string().max(64), z.number()),
  note: z.string().max(300),
});
export type SensorHealth = z.infer<typeof sensorHealth>;

/** Child to gateway. `health` is the heartbeat: one each HEARTBEAT_EVERY_MS from `hello` on. */
export const fromSensorSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    version: z.number().int(),
    process: z.enum(['fieldbus', 'vision']),
  }),
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('observations'),
    observations: z.array(observationSchema).max(OBSERVATIONS_PER_MESSAGE),
  }),
  z.strictObject({ type: z.literal('health'), sensors: z.array(sensorHealth).max(256) }),
  /** The child cannot go on: it says why and exits. */
  z.strictObject({
    type: z.literal('fatal'),
    code: z.string().max(64),
    message: z.string().max(1000),
    hint: z.string().max(500),
  }),
]);
export type FromSensor =
  | Exclude<z.infer<typeof fromSensorSchema>, { type: 'observations' | 'health' }>
  | { readonly type: 'observations'; readonly observations: readonly Observation[] }
  | { readonly type: 'health'; readonly sensors: readonly SensorHealth[] };
