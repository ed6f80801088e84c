/** What the vision process is given. */
import { z } from 'zod';
import { id } from './fields.ts';

const cameraSchema = z.strictObject({
  id,
  source: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('rtsp'),
      /** Without credentials: they travel beside it and never stand in an argument list. */
      url: z.string().max(1000),
      user: z.string().max(128).nullable(),
      password: z.string().max(256).nullable(),
    }),
    z.strictObject({ kind: z.literal('file'), path: z.string().max(1000), loop: z.boolean() }),
  ]),
  /** The size that every pixel coordinate of this camera's configuration refers to. */
  picture: z.strictObject({ widthPx: z.number().int().min(16), heightPx: z.number().int().min(16) }),
  /** The part of the picture that shows the road, in picture pixels. */
  crop: z.strictObject({
    x: z.number().int().min(0),
    y: z.number().int().min(0),
    widthPx: z.number().int().min(16),
    heightPx: z.number().int().min(16),
  }),
  framesPerSecond: z.number().min(1).max(30),
  /** Row-major 3×3 from picture pixels to ground metres; null when the camera is not calibrated. */
  homography: z.array(z.number().finite()).length(9).nullable(),
});
export type CameraPlan = z.infer<typeof cameraSchema>;

export const visionConfigurationSchema = z.strictObject({
  kind: z.literal('vision'),
  model: z.strictObject({
    id,
    /** Absolute path of the ONNX file. */
    file: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Which post-processing the outputs need; a closed list. */
    decoder: z.enum(['detections-with-class-scores']),
    /** Class of each score column. */
    labels: z.array(z.string().min(1)).min(1),
    /** Size of the net's input, multiples of 32. */
    inputWidthPx: z.number().int().multipleOf(32),
    inputHeightPx: z.number().int().multipleOf(32),
    scoreThreshold: z.number().min(0).max(1),
    iouThreshold: z.number().min(0).max(1),
  }),
  cameras: z.array(cameraSchema).min(1),
});
export type VisionConfiguration = z.infer<typeof visionConfigurationSchema>;
