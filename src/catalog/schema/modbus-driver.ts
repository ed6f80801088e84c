import { z } from 'zod';
import {
  driverHead,
  evidence,
  quirks,
  replyDelayMs,
  responseTimeoutMs,
  serialPort,
  turnaroundMs,
} from './driver-fields.ts';

/* A Modbus device as data: which bit or register means what. No expressions, no templates. */

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

const number = z.enum(['u16', 'u32-msw-first', 'u32-lsw-first']);
const nonVolatile = z.boolean().describe('true when the value survives a power failure.');

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
    means: z.enum(['loop-fault', 'loop-open', 'loop-short', 'loop-excess-change']),
    decode: z.literal('bits'),
    ...signalHead,
  }),
  z.strictObject({ means: z.literal('vehicle-count'), decode: number, nonVolatile, ...signalHead }),
  z.strictObject({
    means: z.literal('occupied-time'),
    decode: number,
    unitMs: z
      .number()
      .positive()
      .max(60_000)
      .describe('Milliseconds that one count of the accumulated occupied time stands for.'),
    nonVolatile,
    ...signalHead,
  }),
]);
export type Signal = z.output<typeof signalSchema>;
export type Meaning = Signal['means'];

/** `discrete-input@1`: a table and the address of the first value given. */
export const GIVEN_PATTERN = /^(coil|discrete-input|holding-register|input-register)@([1-9][0-9]{0,4})$/;

const bits = z.array(z.boolean()).exactOptional();
const numbers = z.array(z.number().int().nonnegative()).exactOptional();

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
      'loop-occupied': bits,
      'loop-fault': bits,
      'loop-open': bits,
      'loop-short': bits,
      'loop-excess-change': bits,
      'vehicle-count': numbers,
      'occupied-time': numbers.describe('In milliseconds.'),
    } satisfies Record<Meaning, z.ZodType>)
    .describe('What it means, channel 1 first.'),
});
export type ModbusExample = z.output<typeof exampleSchema>;

/** One Modbus device: `drivers/loops/<maker>/<model>.yaml`. */
export const modbusDriverSchema = z.strictObject({
  ...driverHead,
  protocol: z
    .literal('modbus')
    .optional()
    .default('modbus')
    .describe('modbus, which is meant without it too, or frames.'),
  channels: z.number().int().min(1).max(64).describe('Loops that the card can serve.'),
  bus: z.strictObject({
    serial: serialPort.exactOptional(),
    responseTimeoutMs: responseTimeoutMs.max(10_000),
    replyDelayMs: replyDelayMs.default(5),
    turnaroundMs,
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
  quirks,
  examples: z.array(exampleSchema).min(1).max(64),
});
export type ModbusDriver = z.output<typeof modbusDriverSchema>;
