/** What the vision process is given. */
import { z } from 'zod';
import { BOX_CORNERS, BOX_UNITS, DECODER_NAMES } from '../../base/detector-outputs.ts';
import { evidencePlanSchema } from './evidence-plan.ts';
import { id } from './fields.ts';

const network = {
  /** Without credentials: they travel beside it and never stand in an argument list. */
  url: z.string().max(1000),
  user: z.string().max(128).nullable(),
  password: z.string().max(256).nullable(),
};

/** Ways to decode that the ffmpeg of Debian 12 is built with. */
export const DECODERS = [
  'software',
  'vaapi',
  'vdpau',
  'cuda',
  'qsv',
  'drm',
  'h264-v4l2m2m',
  'hevc-v4l2m2m',
] as const;
export type VideoDecoder = (typeof DECODERS)[number];

const cameraSchema = z.strictObject({
  id,
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('rtsp'), ...network }),
    z.strictObject({ kind: z.literal('http-mjpeg'), ...network }),
    z.strictObject({ kind: z.literal('file'), path: z.string().max(1000), loop: z.boolean() }),
  ]),
  /** What decodes the stream; without it, the processor does. */
  decoder: z.enum(DECODERS).exactOptional(),
  /** The size that every pixel coordinate of this camera's configuration refers to. */
  picture: z.strictObject({ widthPx: z.number().int().min(16), heightPx: z.number().int().min(16) }),
  /** The part of the picture that shows the road, in picture pixels. */
  crop: z.strictObject({
    x: z.number().int().min(0),
    y: z.number().int().min(0),
    widthPx: z.number().int().min(16),
    heightPx: z.number().int().min(16),
  }),
  /** Size of the net's input for this camera; without it, the model's own. */
  input: z
    .strictObject({
      widthPx: z.number().int().min(32).max(4096),
      heightPx: z.number().int().min(32).max(4096),
    })
    .exactOptional(),
  framesPerSecond: z.number().min(1).max(30),
  /** Where its usual view is kept over a restart, and of what: another key, another view. */
  view: z
    .strictObject({ file: z.string().min(1).max(1000), key: z.string().regex(/^[0-9a-f]{64}$/) })
    .exactOptional(),
  /** Row-major 3×3 from picture pixels to ground metres; null when the camera is not calibrated. */
  homography: z.array(z.number().finite()).length(9).nullable(),
});
export type CameraPlan = z.infer<typeof cameraSchema>;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const outputName = z.string().min(1).max(200).exactOptional();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);

/** (value / divideBy - mean) / std for each channel. */
const pixelsSchema = z.strictObject({
  type: z.enum(['uint8', 'float32']),
  layout: z.enum(['chw', 'nchw', 'nhwc']),
  channels: z.enum(['gbr', 'rgb', 'bgr']),
  divideBy: z.number().min(1),
  mean: perChannel,
  std: perChannel,
});

const selfCheckSchema = z.strictObject({
  /** Absolute path of a gzipped binary PPM picture. */
  picture: z.string().min(1),
  expect: z
    .array(
      z.strictObject({
        class: z.enum(['car', 'van', 'truck', 'bus', 'motorcycle', 'bicycle', 'person', 'unknown']),
        /** Left, top, right, bottom in the picture. */
        boxPx: z.tuple([z.number(), z.number(), z.number(), z.number()]),
        score: z.number().min(0).max(1),
      }),
    )
    .max(100),
  tolerance: z.strictObject({ iou: z.number().min(0).max(1), score: z.number().min(0).max(1) }),
});

export const visionConfigurationSchema = z.strictObject({
  kind: z.literal('vision'),
  model: z.strictObject({
    id,
    /** Absolute path of the ONNX file. */
    file: z.string().min(1),
    sha256,
    /** Which post-processing the outputs need; a closed list. */
    decoder: z.enum(DECODER_NAMES),
    /** Class of each score column. */
    labels: z.array(z.string().min(1)).min(1),
    /** Size of the net's input. */
    inputWidthPx: z.number().int().min(32).max(4096),
    inputHeightPx: z.number().int().min(32).max(4096),
    scoreThreshold: z.number().min(0).max(1),
    iouThreshold: z.number().min(0).max(1),
    /** How a picture becomes the input; without it, planes of bytes in the order G, B, R. */
    pixels: pixelsSchema.exactOptional(),
    /** Names of the outputs by their role; without it, the file has a single output. */
    outputs: z
      .strictObject({ rows: outputName, boxes: outputName, scores: outputName, labels: outputName })
      .exactOptional(),
    /** How a box is written, where the decoder leaves that open. */
    boxes: z
      .strictObject({
        corners: z.enum(BOX_CORNERS),
        unit: z.enum(BOX_UNITS),
      })
      .exactOptional(),
    /** The same model quantised; used where the machine needs it and it passes the self-check. */
    int8: z.strictObject({ file: z.string().min(1), sha256 }).exactOptional(),
    precision: z.enum(['auto', 'fp32', 'int8']).exactOptional(),
    /** What all cameras ask for together, in pictures of the model's own size: larger ones count by their area. */
    picturesPerS: z.number().positive().exactOptional(),
    selfCheck: selfCheckSchema.exactOptional(),
  }),
  cameras: z.array(cameraSchema).min(1),
  /** Without it no evidence of incidents is kept. */
  evidence: evidencePlanSchema.exactOptional(),
});
export type VisionConfiguration = z.infer<typeof visionConfigurationSchema>;
