import { z } from 'zod';
import { BOX_CORNERS, BOX_UNITS, DECODER_NAMES } from '../../base/detector-outputs.ts';
import { filePath, idSchema } from './fields.ts';

export const decoderSchema = z.enum(DECODER_NAMES).describe('How the outputs are read: docs/models.md.');

const onnxFile = z.string().regex(/^[A-Za-z0-9._-]+\.onnx$/, { error: 'a file name that ends in .onnx' });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: '64 lower-case hex digits' });
const side = z.number().int().min(32).max(4096);
const share = z.number().min(0).max(1);
const perChannel = z
  .tuple([z.number(), z.number(), z.number()])
  .describe('Three numbers, one for each channel, in the order of the channels.');
const outputName = z.string().min(1).max(200).exactOptional();

/** How a picture becomes the input: (value / divideBy - mean) / std, for each channel. */
const pixelsSchema = z.strictObject({
  type: z.enum(['uint8', 'float32']).default('uint8'),
  layout: z
    .enum(['chw', 'nchw', 'nhwc'])
    .default('chw')
    .describe(
      'Planes with (nchw) or without (chw) a batch of one before them, or pixels with a batch (nhwc).',
    ),
  channels: z.enum(['gbr', 'rgb', 'bgr']).default('gbr').describe('Order of the colours.'),
  divideBy: z.number().min(1).max(65_536).default(1).describe('255 for a net that takes 0 to 1.'),
  mean: perChannel.default([0, 0, 0]),
  std: perChannel
    .refine((values) => values.every((value) => value > 0), { error: 'numbers above 0' })
    .default([1, 1, 1]),
});

const selfCheckSchema = z
  .strictObject({
    picture: z
      .string()
      .regex(/^[A-Za-z0-9._-]+\.ppm\.gz$/, { error: 'a file name that ends in .ppm.gz' })
      .describe('A binary PPM picture (P6), gzipped, in the folder of the card.'),
    expect: z
      .array(
        z.strictObject({
          class: z.enum(['car', 'van', 'truck', 'bus', 'motorcycle', 'bicycle', 'person', 'unknown']),
          boxPx: z
            .tuple([z.number(), z.number(), z.number(), z.number()])
            .describe('Left, top, right, bottom.'),
          score: share,
        }),
      )
      .min(1)
      .max(100)
      .describe('What the model finds in the picture, from the score threshold on.'),
    tolerance: z.strictObject({
      iou: share.describe('A box must overlap the expected one by at least this.'),
      score: share.describe('A score may differ from the expected one by this.'),
    }),
  })
  .describe('A picture with known road users; tried each time that the model is loaded.');

/** `models/<id>/card.yaml`: what a detector model is, where it is from and under which licences. */
export const modelCardSchema = z
  .strictObject({
    model: idSchema.describe('As the name of the folder.'),
    file: onnxFile,
    sha256,
    decoder: decoderSchema,
    labels: z
      .array(z.string().min(1))
      .min(1)
      .max(1000)
      .describe('Class of each score column, in its order; car, bus, truck and the like are road users.'),
    input: z
      .strictObject({
        widthPx: side,
        heightPx: side,
        multipleOf: z.number().int().min(1).max(256),
        anySize: z
          .boolean()
          .default(false)
          .describe(
            'true when the file computes any size in multiples of multipleOf: cameras may ask for more detail.',
          ),
        pixels: pixelsSchema.prefault({}).describe('How a picture becomes the input.'),
      })
      .refine((input) => input.widthPx % input.multipleOf === 0 && input.heightPx % input.multipleOf === 0, {
        error: 'a width and a height in multiples of multipleOf',
      }),
    outputs: z
      .strictObject({ rows: outputName, boxes: outputName, scores: outputName, labels: outputName })
      .exactOptional()
      .describe('Names of the outputs in the file; not needed where there is only one.'),
    boxes: z
      .strictObject({
        corners: z.enum(BOX_CORNERS),
        unit: z.enum(BOX_UNITS),
      })
      .exactOptional()
      .describe('How a box is written, where the decoder leaves that open.'),
    thresholds: z.strictObject({ score: share, iou: share }),
    int8: z
      .strictObject({ file: onnxFile, sha256 })
      .exactOptional()
      .describe('The same model quantised: fast on processors with int8 dot products.'),
    precision: z
      .enum(['auto', 'fp32', 'int8'])
      .default('auto')
      .describe('auto: the faster one on this machine that passes the self-check.'),
    selfCheck: selfCheckSchema.exactOptional(),
    licences: z
      .array(
        z.strictObject({
          spdx: z.string().min(1),
          holder: z.string().min(1),
          covers: z.string().min(1),
          text: filePath.exactOptional().describe('The licence text, from the folder of the card.'),
        }),
      )
      .min(1)
      .describe('Which part of the model is under which licence.'),
    source: z
      .looseObject({ architecture: z.string(), trainedOn: z.string(), convertedFrom: z.string() })
      .describe('Where the weights come from and how the file was made; for people.'),
    limits: z.array(z.string().min(1)).min(1).describe('What the model was found not to see; for people.'),
  })
  .refine((card) => !['detr', 'ssd'].includes(card.decoder) || hasBoxesAndScores(card.outputs), {
    path: ['outputs'],
    error: 'the names of the outputs boxes and scores, which detr and ssd need',
  })
  .refine((card) => card.int8 === undefined || card.selfCheck !== undefined, {
    path: ['selfCheck'],
    error: 'a self-check, which a quantised file must pass before it is used',
  })
  .refine((card) => card.precision !== 'int8' || card.int8 !== undefined, {
    path: ['precision'],
    error: 'auto or fp32, because the card names no int8 file',
  });
export type ModelCard = z.output<typeof modelCardSchema>;

function hasBoxesAndScores(
  outputs: { readonly boxes?: string; readonly scores?: string } | undefined,
): boolean {
  return outputs?.boxes !== undefined && outputs.scores !== undefined;
}
