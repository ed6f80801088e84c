import { z } from 'zod';
import { asciiFieldsSchema } from './ascii-fields.ts';

const word = z.number().int().min(0).max(0xffff);

const reads = z
  .enum(['intervals', 'vehicles'])
  .exactOptional()
  .describe('What is taken from a device that tells both; without it, intervals.');

/** Which named codec speaks with a device, and what it must be told. A closed list: a codec is code. */
export const codecSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('canoga') }),
  z.strictObject({ name: z.literal('rtms-g4'), reads }),
  z.strictObject({ name: z.literal('ss105') }),
  z.strictObject({ name: z.literal('ss125'), reads }),
  z.strictObject({
    name: z.literal('gbt43229'),
    crcPolynomial: word.min(1).describe('Of the CRC-16 at the end of a frame; to be proved on a device.'),
    crcInitial: word.describe('What the CRC-16 begins with.'),
    crcReflected: z.boolean().describe('true when the CRC-16 takes the lowest bit of each byte first.'),
  }),
  asciiFieldsSchema,
]);
export type Codec = z.output<typeof codecSchema>;
