import { CAMERA_CODECS } from '../ffmpeg-invocation.ts';
import { runFfmpegOnce } from './one-shot-ffmpeg.ts';
import type { RingCut } from './stream-ring.ts';

/** What an H.265 stream is called in a head that leaves its parameter sets in the stream. */
const HEVC_IN_BAND = 'hev1';

/**
 * A cut as one MP4 that browsers play: the camera's own packets, from time 0, with the index in front.
 *
 * @throws RoadsideError camera-stream-unusable
 */
export async function writeIncidentClip(options: {
  readonly ffmpeg: string;
  readonly cut: RingCut;
  readonly file: string;
}): Promise<void> {
  const { ffmpeg, cut, file } = options;
  // Apple's players take H.265 only with the parameter sets in the head, which this name says.
  const tag = cut.head.includes(HEVC_IN_BAND) ? ['-tag:v', 'hvc1'] : [];
  await runFfmpegOnce({
    ffmpeg,
    codecs: CAMERA_CODECS,
    inputArgs: ['-f', 'mp4'],
    outputArgs: [
      ...['-map', '0:v:0', '-c', 'copy', ...tag, '-movflags', '+faststart', '-map_metadata', '-1'],
      ...['-f', 'mp4', '-y', `file:${file}`],
    ],
    input: cut.read(),
    outputLimitBytes: 0,
  });
}
