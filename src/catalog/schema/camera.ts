import { z } from 'zod';
import { hasPasswordWrittenOut } from '../../base/address-password.ts';
import { filePath, hasNoUserinfo, idSchema, isUrl, passwordFile, user } from './fields.ts';

const point = z
  .tuple([z.number().min(0), z.number().min(0)])
  .describe('[x, y] in pixels of the picture, from its upper left corner.');

const address = (protocols: readonly string[], example: string) =>
  z
    .string()
    .max(1000)
    .refine((text) => isUrl(text, protocols), { error: `an address such as ${example}` })
    .refine((text) => hasNoUserinfo(text) && !hasPasswordWrittenOut(text), {
      error: 'an address without user and password',
    })
    .describe(
      'User and password stand beside it, in user and passwordFile; {user} and {password} name their places in an address that has some.',
    );

const KINDS = 'rtsp, http-mjpeg or file.';
const login = { user: user.exactOptional(), passwordFile: passwordFile.exactOptional() };

const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('rtsp').describe(KINDS),
    url: address(['rtsp:', 'rtsps:'], 'rtsp://10.0.0.9/stream1'),
    ...login,
  }),
  z.strictObject({
    kind: z.literal('http-mjpeg').describe(KINDS),
    url: address(['http:', 'https:'], 'http://10.0.0.9/video.mjpg'),
    ...login,
  }),
  z.strictObject({
    kind: z.literal('file').describe(KINDS),
    path: filePath.describe('A video file, played at its own speed.'),
    loop: z.boolean().default(false).describe('true to start again at its end.'),
  }),
]);

const cameraLaneSchema = z.strictObject({
  lane: z
    .string()
    .min(1)
    .max(64)
    .describe('A lane of this file: approach id, hyphen, number, such as north-1.'),
  polygon: z
    .array(point)
    .min(3)
    .max(64)
    .describe('Corners of the lane on the road surface, in order, in pixels of the picture.'),
  countLine: z
    .tuple([point, point])
    .describe('A vehicle that crosses the line from [x, y] to [x, y] is counted; draw it across the lane.'),
  direction: z.tuple([point, point]).describe('Two points, from and to: the way that traffic may move.'),
  stopLine: z
    .tuple([point, point])
    .exactOptional()
    .describe('Where vehicles wait at the signal, from [x, y] to [x, y], across the lane.'),
});

const zoneSchema = z.strictObject({
  zone: idSchema.describe('Your name for this part of the picture, such as shoulder-north.'),
  kind: z
    .enum(['shoulder', 'crossing', 'bay', 'bus-stop', 'ignore', 'entry', 'exit'])
    .describe(
      'shoulder: standing vehicles and people are incidents; crossing, bay, bus-stop: they are none; ' +
        'ignore: nothing there is counted or judged; entry, exit: ends of turning movements.',
    ),
  polygon: z
    .array(point)
    .min(3)
    .max(64)
    .describe('Corners on the road surface, in order, in pixels of the picture.'),
  lane: z
    .string()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('The lane it belongs to; of a shoulder without it, the nearest lane of this camera.'),
});

const size = z.number().int().min(16).max(8192).describe('Pixels, 16 to 8192.');
const offset = z
  .number()
  .int()
  .min(0)
  .max(8192)
  .describe('Pixels from the upper left corner of the picture.');

/** One camera of a site file and the lanes that it sees. */
export const cameraSchema = z.strictObject({
  id: idSchema.describe('Your name for this camera, such as cam-north.'),
  source: sourceSchema,
  picture: z
    .strictObject({ widthPx: size, heightPx: size })
    .describe('The picture size that all pixel coordinates of this camera refer to.'),
  crop: z
    .strictObject({
      x: offset,
      y: offset,
      widthPx: size,
      heightPx: size,
    })
    .exactOptional()
    .describe('The part of the picture that shows the road; without it, the whole picture.'),
  decoder: z
    .enum(['software', 'vaapi', 'vdpau', 'cuda', 'qsv', 'drm', 'h264-v4l2m2m', 'hevc-v4l2m2m'])
    .default('software')
    .describe('What decodes the stream: the processor, or a video unit that ffmpeg names so.'),
  model: idSchema.default('nanodet-g').describe('The detector model, a folder of the models folder.'),
  detail: z
    .enum(['normal', 'high'])
    .default('normal')
    .describe('high: finds smaller vehicles and people, for 2.3 times the computing; normal for most roads.'),
  framesPerSecond: z.number().min(1).max(30).default(10).describe('Pictures analysed in a second, 1 to 30.'),
  groundPlane: z
    .array(
      z.strictObject({
        px: point,
        m: z.tuple([z.number(), z.number()]).describe('[x, y] in metres on the road, from any fixed corner.'),
      }),
    )
    .min(4)
    .max(64)
    .exactOptional()
    .describe('Four or more marks on the road, measured: where in the picture, where on the road.'),
  marksAccuracyM: z
    .number()
    .min(0.005)
    .max(2)
    .default(0.1)
    .describe('How far a measured coordinate of a mark may be off, metres: tape 0.05, paces 1.'),
  lanes: z.array(cameraLaneSchema).min(1).max(24),
  zones: z
    .array(zoneSchema)
    .max(48)
    .default([])
    .describe(
      'Parts of the picture beside the lanes: shoulders, crossings, bays, bus stops, what to ignore.',
    ),
});
