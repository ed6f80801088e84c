import { z } from 'zod';
import { idSchema } from './fields.ts';

/* Driver files: what a detector card is, as data. No expressions, no templates; every list here is closed. */

const evidence = z
  .string()
  .min(10)
  .max(300)
  .describe('Where this is written or how it was seen: manual and page, or a recording.');

export const tableSchema = z.enum(['coil', 'discrete-input', 'holding-register', 'input-register']);
export type Table = z.infer<typeof tableSchema>;

const address = z
  .number()
  .int()
  .min(1)
  .max(65_536)
  .describe('1-based, as manuals print it without the table digit: 40010 is holding-register 10.');

/** How many addresses of its table one value takes. */
export const DECODER_WIDTH = { bits: 1, u16: 1, 'u32-msw-first': 2, 'u32-lsw-first': 2 } as const;
export type Decoder = keyof typeof DECODER_WIDTH;

const signalHead = {
  table: tableSchema,
  address: address.describe('Address of channel 1, 1-based: 10002 is discrete-input 2.'),
  stride: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .exactOptional()
    .describe('Addresses from one channel to the next; without it, the width of the decoder.'),
  channels: z
    .number()
    .int()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('How many channels have it, when not all.'),
  evidence,
};

const signalSchema = z.discriminatedUnion('means', [
  z.strictObject({
    means: z.literal('loop-occupied'),
    decode: z.literal('bits'),
    invert: z.boolean().default(false).describe('true when 0 means that a vehicle is present.'),
    ...signalHead,
  }),
  z.strictObject({
    means: z.enum(['loop-fault', 'loop-open', 'loop-short']),
    decode: z.literal('bits'),
    ...signalHead,
  }),
  z.strictObject({
    means: z.literal('vehicle-count'),
    decode: z.enum(['u16', 'u32-msw-first', 'u32-lsw-first']),
    nonVolatile: z.boolean().describe('true when the counter survives a power failure.'),
    ...signalHead,
  }),
]);
export type Signal = z.output<typeof signalSchema>;
export type Meaning = Signal['means'];

/** `discrete-input@1`: a table and the address of the first value given. */
export const GIVEN_PATTERN = /^(coil|discrete-input|holding-register|input-register)@([1-9][0-9]{0,4})$/;

const exampleSchema = z.strictObject({
  note: z.string().min(1).max(200).describe('What the example shows.'),
  given: z
    .record(
      z.string().regex(GIVEN_PATTERN, { error: 'a table and an address, such as discrete-input@1' }),
      z.array(z.number().int().min(0).max(65_535)).min(1).max(2000),
    )
    .describe('What the card answers: table@address and the values from there on.'),
  expect: z
    .strictObject({
      'loop-occupied': z.array(z.boolean()).exactOptional(),
      'loop-fault': z.array(z.boolean()).exactOptional(),
      'loop-open': z.array(z.boolean()).exactOptional(),
      'loop-short': z.array(z.boolean()).exactOptional(),
      'vehicle-count': z.array(z.number().int().nonnegative()).exactOptional(),
    })
    .describe('What it means, channel 1 first.'),
});
export type DriverExample = z.output<typeof exampleSchema>;

/** One loop card: `drivers/loops/<maker>/<model>.yaml`. */
export const driverSchema = z.strictObject({
  driver: idSchema.describe('<maker>-<model>, as in the path of the file.'),
  label: z.string().min(1).max(100).describe('Maker and model, for people.'),
  kind: z.literal('loop-detector'),
  channels: z.number().int().min(1).max(64).describe('Loops that the card can serve.'),
  bus: z.strictObject({
    serial: z
      .strictObject({
        baud: z.array(z.number().int().min(1200).max(115_200)).min(1),
        parity: z.array(z.enum(['none', 'even', 'odd'])).min(1),
        stopBits: z.array(z.literal([1, 2])).min(1),
      })
      .exactOptional()
      .describe('What its serial port can be set to; without it the card has no serial port.'),
    responseTimeoutMs: z
      .number()
      .int()
      .min(10)
      .max(10_000)
      .describe('An answer later than this is lost, milliseconds.'),
    replyDelayMs: z
      .number()
      .min(0)
      .max(1000)
      .default(5)
      .describe('How long it usually thinks before it answers, milliseconds; for the bus budget.'),
    turnaroundMs: z
      .number()
      .min(0)
      .max(1000)
      .default(0)
      .describe('Silence that it needs before the next request, milliseconds.'),
  }),
  identify: z
    .strictObject({
      table: tableSchema,
      address,
      mask: z.number().int().min(1).max(65_535).default(65_535),
      expect: z.number().int().min(0).max(65_535),
      evidence,
    })
    .exactOptional()
    .describe('A register that tells this model from others.'),
  signals: z.array(signalSchema).min(1).max(32),
  limits: z
    .strictObject({
      registersPerRequest: z.number().int().min(1).max(125).default(125),
      bitsPerRequest: z.number().int().min(1).max(2000).default(2000),
      gap: z
        .number()
        .int()
        .min(0)
        .max(100)
        .default(0)
        .describe('Addresses without a signal that one request may span, because the card answers them too.'),
    })
    .prefault({}),
  quirks: z
    .array(z.strictObject({ quirk: z.string().min(10).max(300), evidence }))
    .max(32)
    .default([])
    .describe('What a technician should know before blaming the wiring.'),
  examples: z.array(exampleSchema).min(1).max(64),
});

/** A checked driver with every default filled in. */
export type LoopDriver = z.output<typeof driverSchema>;
