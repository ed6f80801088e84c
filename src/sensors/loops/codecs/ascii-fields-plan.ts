import { z } from 'zod';

const channel = z.number().int().min(1).max(256);
const digits = z.number().int().min(1).max(10);
const text = z.strictObject({ part: z.literal('text'), text: z.string().min(1).max(64) });
/** The device's number on its bus: two digits, hexadecimal or decimal. */
const unit = z.strictObject({ part: z.literal('unit'), base: z.enum(['hex', 'dec']) });
const skip = z.strictObject({ part: z.literal('skip'), characters: z.number().int().min(1).max(64) });

const number = {
  base: z.enum(['hex', 'dec']),
  digits,
  channel,
  /** Width of the counter: it wraps at 2^bits. */
  bits: z.union([z.literal(8), z.literal(16), z.literal(32)]),
  nonVolatile: z.boolean(),
};

const replyPart = z.discriminatedUnion('part', [
  text,
  unit,
  skip,
  /** A hexadecimal number; its lowest bit belongs to `channel`, the next to `channel` + 1. */
  z.strictObject({
    part: z.literal('bits'),
    digits: z.number().int().min(1).max(8),
    means: z.enum(['loop-occupied', 'loop-fault', 'loop-open', 'loop-short', 'loop-excess-change']),
    channel,
    channels: z.number().int().min(1).max(32),
    /** 0 says what 1 would say. */
    invert: z.boolean(),
  }),
  z.strictObject({ part: z.literal('vehicle-count'), ...number }),
  z.strictObject({ part: z.literal('occupied-time'), ...number, unitMs: z.number().positive().max(60_000) }),
]);
export type ReplyPart = z.infer<typeof replyPart>;

/** A device that speaks lines of plain ASCII, described field by field; every field has a fixed width. */
export const asciiFieldsPlanSchema = z.strictObject({
  name: z.literal('ascii-fields'),
  end: z.enum(['\r', '\n', '\r\n']),
  /** `sum8-hex`: the sum of all characters before it, modulo 256, as two hexadecimal digits. */
  checksum: z.enum(['none', 'sum8-hex']),
  exchanges: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(40),
        request: z
          .array(z.discriminatedUnion('part', [text, unit]))
          .min(1)
          .max(16),
        reply: z.array(replyPart).min(1).max(64),
      }),
    )
    .min(1)
    .max(32),
  /** How the device says that it lives and will not answer. */
  refusal: z
    .array(z.discriminatedUnion('part', [text, unit, skip]))
    .min(1)
    .max(16),
});
export type AsciiFieldsPlan = z.infer<typeof asciiFieldsPlanSchema>;
