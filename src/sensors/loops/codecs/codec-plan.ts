import { z } from 'zod';
import { asciiFieldsPlanSchema } from './ascii-fields-plan.ts';

/** What is taken from a device that tells its own intervals and single vehicles. Default: intervals. */
const reads = z.enum(['intervals', 'vehicles']).exactOptional();

/** Which named codec speaks with a device, and what it must be told. A closed list. */
export const codecPlanSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('canoga') }),
  z.strictObject({ name: z.literal('rtms-g4'), reads }),
  z.strictObject({ name: z.literal('ss105') }),
  z.strictObject({ name: z.literal('ss125'), reads }),
  z.strictObject({
    name: z.literal('gbt43229'),
    /** The standard gives 8005h and FFFFh and leaves the order of the bits open. */
    crcPolynomial: z.number().int().min(1).max(0xffff),
    crcInitial: z.number().int().min(0).max(0xffff),
    crcReflected: z.boolean(),
  }),
  asciiFieldsPlanSchema,
]);
export type CodecPlan = z.infer<typeof codecPlanSchema>;
export type CodecName = CodecPlan['name'];
