import { z } from 'zod';
import { filePath } from './fields.ts';

/** Pictures and clips of incidents, kept at the cabinet. */
export const evidenceSchema = z
  .strictObject({
    folder: filePath
      .exactOptional()
      .describe('Where pictures and clips of incidents are kept; without it, beside the store.'),
    maxMegabytes: z
      .number()
      .int()
      .min(0)
      .max(1_048_576)
      .default(2048)
      .describe('They stay below this size, the oldest give way; 0 keeps none.'),
    ringFolder: filePath
      .exactOptional()
      .describe(
        'Where the last seconds of each stream are held; without it, in memory beside control.socket.',
      ),
    beforeS: z.number().min(0).max(30).default(10).describe('Seconds of a clip before its incident opens.'),
    afterS: z.number().min(0).max(30).default(10).describe('Seconds of a clip after its incident opens.'),
    blur: z
      .enum(['none', 'faces-and-plates'])
      .default('none')
      .describe('faces-and-plates blurs them in the picture, and keeps no clip; or none.'),
  })
  .prefault({})
  .describe('Pictures and clips of incidents.');
