import { z } from 'zod';
import { asciiIdentifySchema } from './ascii-fields.ts';
import { CHANNELS_MAX } from './bus.ts';
import { codecSchema } from './codec.ts';
import {
  driverHead,
  evidence,
  quirks,
  replyDelayMs,
  responseTimeoutMs,
  serialPort,
  turnaroundMs,
} from './driver-fields.ts';

/* A device that speaks frames of its own: how it is reached, which codec speaks with it, what it can tell. */

/** What the device can tell about a loop; it decides which figures can be made of it. */
const tellsSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('polled-edges'),
      accumulatesOccupancy: z
        .boolean()
        .default(false)
        .describe('true when it also adds up how long a loop was occupied.'),
    }),
    z.strictObject({
      kind: z.literal('stamped-edges'),
      resolutionMs: z.number().positive().max(1000).describe('Step of its stamps, milliseconds.'),
    }),
    z.strictObject({ kind: z.literal('vehicles') }),
    z.strictObject({
      kind: z.literal('intervals'),
      periodS: z.number().positive().max(86_400).describe('Width of its intervals, seconds.'),
    }),
    z.strictObject({ kind: z.literal('counts') }),
  ])
  .describe('polled-edges, stamped-edges, vehicles, intervals or counts.');

const periodMs = z.number().int().min(10).max(3_600_000);
const byteCount = z.number().int().min(0).max(65_536);

/** Hexadecimal bytes, with spaces where they help to read. */
const HEX = /^\s*(?:[0-9a-fA-F]{2}\s*)*$/;

const figure = z.number().nonnegative().nullable().exactOptional();
const count = z.number().int().nonnegative();
const channel = z.number().int().min(1).max(CHANNELS_MAX).describe('As printed on the device, from 1.');
const VEHICLE_CLASSES = ['car', 'van', 'truck', 'bus', 'motorcycle', 'bicycle', 'person', 'unknown'] as const;

/** A claim as the fieldbus process makes it, with the channel in place of the loop and without moments. */
const claimSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('loop-transition'),
    channel,
    occupied: z.boolean(),
    uncertaintyMs: z.number().nonnegative().exactOptional(),
    found: z.boolean().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('loop-counters'),
    channel,
    count,
    bits: z.literal([8, 16, 32]).exactOptional(),
    nonVolatile: z.boolean().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('loop-occupancy'),
    channel,
    occupiedMs: z.number().nonnegative(),
    wrapsAtMs: z.number().positive().exactOptional(),
    nonVolatile: z.boolean().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('vehicle-detection'),
    channel,
    uncertaintyMs: z.number().nonnegative().exactOptional(),
    direction: z.enum(['forward', 'reverse']).exactOptional(),
    onTimeMs: figure,
    speedKmh: figure,
    lengthM: figure,
    class: z.enum(VEHICLE_CLASSES).nullable().exactOptional(),
    missedBefore: count.exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('device-interval'),
    channel,
    count: count.nullable().exactOptional(),
    occupancyPct: z.number().min(0).max(100).nullable().exactOptional(),
    meanSpeedKmh: figure,
    speed85Kmh: figure,
    meanHeadwayS: figure,
    meanGapS: figure,
    meanLengthM: figure,
    classCounts: z.record(z.string().min(1).max(32), count).nullable().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('sensor-fault'),
    channel: channel.exactOptional(),
    layer: z.enum(['device', 'channel']).exactOptional(),
    code: z.string().min(1).max(64),
    active: z.boolean(),
  }),
]);
export type ExpectedClaim = z.output<typeof claimSchema>;

const exampleSchema = z.strictObject({
  note: z.string().min(1).max(200).describe('What the example shows.'),
  pollMs: periodMs.exactOptional().describe('How often it is asked; without it, the default.'),
  unit: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .exactOptional()
    .describe('The number of the device that sent this; without it, the lowest that it can have.'),
  identity: z
    .string()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('What the device that sent this is called, where a number does not name it.'),
  received: z
    .array(z.string().max(8192).regex(HEX, { error: 'bytes in hexadecimal, such as "3c 30 41"' }))
    .min(1)
    .max(64)
    .describe('What the device sends in answer to the first request, to the second, …, in hexadecimal.'),
  expect: z
    .array(claimSchema)
    .min(1)
    .max(256)
    .describe('Claims that have to follow, in this order; what a claim leaves out may be anything.'),
});
export type FrameExample = z.output<typeof exampleSchema>;

/** One device behind a frame protocol: `drivers/loops/<maker>/<model>.yaml`. */
export const frameDriverSchema = z.strictObject({
  ...driverHead,
  protocol: z.literal('frames').describe('modbus, which is meant without it too, or frames.'),
  channels: z.number().int().min(1).max(CHANNELS_MAX).describe('Loops, lanes or zones that it can serve.'),
  bus: z.strictObject({
    serial: serialPort.exactOptional(),
    tcp: z
      .strictObject({
        port: z.number().int().min(1).max(65_535).describe('The port that it leaves the factory with.'),
        role: z.enum(['connect', 'listen']).describe('connect: we call it. listen: it calls us.'),
      })
      .exactOptional()
      .describe('How it is spoken with over TCP; without it, only through a serial line.'),
    responseTimeoutMs,
    replyDelayMs: replyDelayMs.default(20),
    turnaroundMs,
  }),
  address: z
    .strictObject({
      from: z.number().int().min(0).max(65_535),
      to: z.number().int().min(0).max(65_535),
    })
    .describe('The numbers that it can have on its bus.'),
  identity: z
    .strictObject({
      pattern: z
        .string()
        .min(1)
        .max(200)
        .refine(isAnchored, { error: 'a regular expression from ^ to $' })
        .describe('What an identity looks like, a regular expression.'),
      meaning: z.string().min(10).max(300).describe('What it is made of, and where it is found.'),
    })
    .exactOptional()
    .describe('For devices that a number does not name.'),
  codec: codecSchema.describe('The codec that speaks with it, and its parameters.'),
  identify: asciiIdentifySchema
    .exactOptional()
    .describe('For ascii-fields: the question that tells this model from others; a scan asks it.'),
  tells: tellsSchema,
  pollMs: z
    .strictObject({ default: periodMs, min: periodMs, max: periodMs })
    .describe('How often it is asked, milliseconds; of what it says by itself, how often it speaks.'),
  frameBytes: z
    .strictObject({ request: byteCount, reply: byteCount.min(1) })
    .describe('Bytes of one exchange at its longest, all its parts together; for the bus budget.'),
  evidence: z.array(evidence).min(1).max(32).describe('What is known about it and from where.'),
  quirks,
  examples: z.array(exampleSchema).min(1).max(64),
});
export type FrameDriver = z.output<typeof frameDriverSchema>;

function isAnchored(pattern: string): boolean {
  if (!/^\^.*\$$/.test(pattern)) return false;
  try {
    return new RegExp(pattern).source !== '';
  } catch {
    return false;
  }
}
