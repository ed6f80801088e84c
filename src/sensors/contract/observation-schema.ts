import { z } from 'zod';
import type { Observation } from '../../traffic/observations/observation.ts';
import { isEvidenceName } from './evidence-name.ts';
import { id, ms } from './fields.ts';

const gapCause = z.enum(['bus', 'device', 'detector', 'camera', 'agent', 'clock']);
const vehicleClass = z.enum(['car', 'van', 'truck', 'bus', 'motorcycle', 'bicycle', 'person', 'unknown']);
const figure = z.number().finite().nonnegative().nullable();
const pair = z.tuple([z.number().finite(), z.number().finite()]);

export const observationSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('loop-transition'),
    loop: id,
    occupied: z.boolean(),
    atMs: ms,
    uncertaintyMs: ms.nonnegative(),
    clockUncertaintyMs: ms.nonnegative().exactOptional(),
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
    kind: z.literal('loop-occupancy'),
    loop: id,
    occupiedMs: z.number().nonnegative(),
    wrapsAtMs: z.number().positive(),
    nonVolatile: z.boolean(),
    atMs: ms,
  }),
  z.strictObject({
    kind: z.literal('vehicle-detection'),
    loop: id,
    atMs: ms,
    uncertaintyMs: ms.nonnegative(),
    direction: z.enum(['forward', 'reverse']),
    onTimeMs: figure,
    speedKmh: figure,
    lengthM: figure,
    class: vehicleClass.nullable(),
    missedBefore: z.number().int().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal('device-interval'),
    loop: id,
    fromMs: ms,
    toMs: ms,
    count: z.number().int().nonnegative().nullable(),
    occupancyPct: z.number().min(0).max(100).nullable(),
    meanSpeedKmh: figure,
    speed85Kmh: figure,
    meanHeadwayS: figure,
    meanGapS: figure,
    meanLengthM: figure,
    classCounts: z.record(z.string().min(1).max(32), z.number().int().nonnegative()).nullable(),
  }),
  z.strictObject({
    kind: z.literal('vehicle-tracks'),
    camera: id,
    atMs: ms,
    tracks: z
      .array(
        z.strictObject({
          track: z.number().int().nonnegative(),
          class: vehicleClass,
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
    kind: z.literal('road-object'),
    camera: id,
    object: z.number().int().nonnegative(),
    atMs: ms,
    sinceMs: ms,
    box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    foot: pair,
    groundM: pair.nullable(),
    present: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('evidence-kept'),
    incident: z.string().min(1).max(200),
    camera: id,
    files: z
      .array(
        z.strictObject({
          kind: z.enum(['picture', 'clip']),
          name: z.string().refine(isEvidenceName),
          sha256: z.string().regex(/^[0-9a-f]{64}$/),
          bytes: z.number().int().nonnegative(),
          fromMs: ms,
          toMs: ms,
        }),
      )
      .max(4),
    atMs: ms,
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
