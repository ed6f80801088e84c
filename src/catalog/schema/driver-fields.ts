import { z } from 'zod';
import { BAUD_RATES, PARITIES, STOP_BITS } from './bus.ts';
import { idSchema } from './fields.ts';

/* What every driver file says, whatever the device speaks. */

export const evidence = z
  .string()
  .min(10)
  .max(300)
  .describe('Where this is written or how it was seen: manual and page, or a recording.');

export const driverHead = {
  driver: idSchema.describe('<maker>-<model>, as in the path of the file.'),
  label: z.string().min(1).max(100).describe('Maker and model, for people.'),
  kind: z
    .enum(['loop-detector', 'radar-detector'])
    .describe('What it detects with; the lanes or zones of a radar are its loops.'),
};

export const serialPort = z
  .strictObject({
    baud: z.array(z.literal(BAUD_RATES)).min(1),
    parity: z.array(z.enum(PARITIES)).min(1),
    stopBits: z.array(z.literal(STOP_BITS)).min(1),
  })
  .describe('What its serial port can be set to; without it the device has no serial port.');

export const responseTimeoutMs = z
  .number()
  .int()
  .min(10)
  .max(30_000)
  .describe('An answer of which nothing has come after so many milliseconds is lost.');

export const replyDelayMs = z
  .number()
  .min(0)
  .max(1000)
  .describe('How long it usually thinks before it answers, milliseconds; for the bus budget.');

export const turnaroundMs = z
  .number()
  .min(0)
  .max(1000)
  .default(0)
  .describe('Silence that it needs before the next request, milliseconds.');

export const quirks = z
  .array(z.strictObject({ quirk: z.string().min(10).max(300), evidence }))
  .max(32)
  .default([])
  .describe('What a technician should know before blaming the wiring.');
