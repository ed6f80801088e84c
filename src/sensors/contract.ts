/**
 * The written protocol between the gateway and its sensor processes (fieldbus, vision), over Node's IPC
 * channel. A child says hello, is configured, says ready, is started, and then claims observations until it
 * is told to stop. Whatever arrives is parsed here before anyone looks at it.
 */
import { z } from 'zod';
import type { Observation } from '../traffic/observations/observation.ts';
import { evidenceRequestSchema } from './contract/evidence-plan.ts';
import { fieldbusConfigurationSchema } from './contract/fieldbus-plan.ts';
import { id } from './contract/fields.ts';
import { observationSchema } from './contract/observation-schema.ts';
import { busScanConfigurationSchema, scanFindingSchema } from './contract/scan-plan.ts';
import { visionConfigurationSchema } from './contract/vision-plan.ts';

export type { EvidencePlan, EvidenceRequest } from './contract/evidence-plan.ts';
export type {
  BusPlan,
  DevicePlan,
  FieldbusConfiguration,
  FrameBusPlan,
  FrameDevicePlan,
  ModbusBusPlan,
  ReadPlan,
  SignalPlan,
  TableName,
} from './contract/fieldbus-plan.ts';
export type { BusScanConfiguration, ScanFinding } from './contract/scan-plan.ts';
export type { CameraPlan, VisionConfiguration } from './contract/vision-plan.ts';

export const CONTRACT_VERSION = 3;
/** How often a child says that it lives; the supervisor allows several of these before it calls it hung. */
export const HEARTBEAT_EVERY_MS = 1000;
/** Observations of one IPC message at most; a longer burst is split. */
export const OBSERVATIONS_PER_MESSAGE = 512;

export const sensorConfigurationSchema = z.discriminatedUnion('kind', [
  fieldbusConfigurationSchema,
  busScanConfigurationSchema,
  visionConfigurationSchema,
]);
export type SensorConfiguration = z.infer<typeof sensorConfigurationSchema>;

/* ---- the messages ---- */

/** Gateway to child. */
export const toSensorSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('configure'), configuration: sensorConfigurationSchema }),
  z.strictObject({ type: z.literal('start') }),
  z.strictObject({ type: z.literal('keep-evidence'), ...evidenceRequestSchema.shape }),
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
  z.strictObject({ type: z.literal('finding'), finding: scanFindingSchema }),
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
