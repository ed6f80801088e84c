import { z } from 'zod';
import { filePath, idSchema } from './fields.ts';

/** `models/<id>/card.yaml`: what a detector model is, where it is from and under which licences. */
export const modelCardSchema = z.strictObject({
  model: idSchema.describe('As the name of the folder.'),
  file: z.string().regex(/^[A-Za-z0-9._-]+\.onnx$/, { error: 'a file name that ends in .onnx' }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: '64 lower-case hex digits' }),
  decoder: z.literal('detections-with-class-scores'),
  labels: z.array(z.string().min(1)).min(1).max(1000).describe('Class of each score column.'),
  input: z
    .strictObject({
      widthPx: z.number().int().min(32).max(4096),
      heightPx: z.number().int().min(32).max(4096),
      multipleOf: z.number().int().min(1).max(256),
      layout: z.string().min(1).max(100).describe('Order of planes and type of a pixel; for people.'),
    })
    .refine((input) => input.widthPx % input.multipleOf === 0 && input.heightPx % input.multipleOf === 0, {
      error: 'a width and a height in multiples of multipleOf',
    }),
  thresholds: z.strictObject({ score: z.number().min(0).max(1), iou: z.number().min(0).max(1) }),
  licences: z
    .array(
      z.strictObject({
        spdx: z.string().min(1),
        holder: z.string().min(1),
        covers: z.string().min(1),
        text: filePath.describe('The licence text, from the folder of the card.'),
      }),
    )
    .min(1)
    .describe('Which part of the model is under which licence.'),
  source: z
    .looseObject({ architecture: z.string(), trainedOn: z.string(), convertedFrom: z.string() })
    .describe('Where the weights come from and how the file was made; for people.'),
  limits: z.array(z.string().min(1)).min(1).describe('What the model was found not to see; for people.'),
});
export type ModelCard = z.output<typeof modelCardSchema>;
