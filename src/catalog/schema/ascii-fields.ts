import { z } from 'zod';
import { evidence } from './driver-fields.ts';

/*
 * A line protocol of plain ASCII, field by field. Every field has a fixed width: a line is either made of
 * exactly these fields or it is not the answer. No expressions, no templates; every list here is closed.
 */

/** Printable characters; a line's end is not one of them. */
const printable = z
  .string()
  .regex(/^[\x20-\x7e]{1,64}$/, { error: '1 to 64 printable ASCII characters' })
  .describe('Characters that stand there as they are.');
const text = z.strictObject({ part: z.literal('text'), text: printable });
const base = z.enum(['hex', 'dec']);
const unit = z.strictObject({
  part: z.literal('unit'),
  base: base.describe('How the device number is written, in two digits.'),
});
const skip = z.strictObject({
  part: z.literal('skip'),
  characters: z.number().int().min(1).max(64).describe('How many characters there are that say nothing.'),
});

const channel = z.number().int().min(1).max(256);

const number = {
  base,
  digits: z.number().int().min(1).max(10).describe('How many digits the number has, leading zeros included.'),
  channel: channel.describe('The channel that it belongs to, from 1.'),
  bits: z.literal([8, 16, 32]).describe('Width of the counter: it begins again at 0 after 2^bits - 1.'),
  nonVolatile: z.boolean().describe('true when the value survives a power failure.'),
};

const replyPart = z
  .discriminatedUnion('part', [
    text,
    unit,
    skip,
    z.strictObject({
      part: z.literal('bits'),
      digits: z.number().int().min(1).max(8).describe('Hexadecimal digits, the highest first.'),
      means: z.enum(['loop-occupied', 'loop-fault', 'loop-open', 'loop-short', 'loop-excess-change']),
      channel: channel.describe('The channel of the lowest bit; the next bit is the next channel.'),
      channels: z.number().int().min(1).max(32).describe('How many of the bits are channels.'),
      invert: z.boolean().default(false).describe('true when 0 says what 1 would say.'),
    }),
    z.strictObject({ part: z.literal('vehicle-count'), ...number }),
    z.strictObject({
      part: z.literal('occupied-time'),
      ...number,
      unitMs: z.number().positive().max(60_000).describe('Milliseconds that one count stands for.'),
    }),
  ])
  .describe('text, unit, skip, bits, vehicle-count or occupied-time.');

const request = z
  .array(z.discriminatedUnion('part', [text, unit]))
  .min(1)
  .max(16)
  .describe('What is sent.');

/** A question that changes nothing, and what only this model answers. */
export const asciiIdentifySchema = z.strictObject({
  request,
  reply: z
    .array(z.discriminatedUnion('part', [text, unit, skip]))
    .min(1)
    .max(16)
    .describe('What this model answers, and no other.'),
  evidence,
});

const exchangeSchema = z.strictObject({
  name: z.string().min(1).max(40).describe('What is asked, for people.'),
  request,
  reply: z
    .array(replyPart)
    .min(1)
    .max(64)
    .refine((parts) => parts.some(({ part }) => part !== 'text' && part !== 'unit' && part !== 'skip'), {
      error: 'at least one part that says something about a loop: bits, vehicle-count or occupied-time',
    })
    .refine((parts) => parts.every((it) => it.part !== 'bits' || it.channels <= 4 * it.digits), {
      error: 'no more channels than bits: one hexadecimal digit has four',
    })
    .describe('What is answered.'),
});

/** A device that speaks lines of plain ASCII, described field by field. */
export const asciiFieldsSchema = z.strictObject({
  name: z.literal('ascii-fields'),
  end: z.enum(['\r', '\n', '\r\n']).describe('What ends every line, in double quotes: "\\r".'),
  checksum: z
    .enum(['none', 'sum8-hex'])
    .describe('sum8-hex: the sum of all characters before it, modulo 256, as two hexadecimal digits.'),
  exchanges: z
    .array(exchangeSchema)
    .min(1)
    .max(32)
    .describe('What the device is asked, one after the other.'),
  refusal: z
    .array(z.discriminatedUnion('part', [text, unit, skip]))
    .min(1)
    .max(16)
    .describe('How the device says that it will not answer.'),
});
