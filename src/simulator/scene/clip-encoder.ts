import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { RoadsideError } from '../../base/errors.ts';

/** Takes pictures, leaves a clip. */
export interface ClipEncoder {
  /** One picture, as JPEG; resolves when the next one may come. */
  write(picture: Buffer): Promise<void>;
  /** Throws `recording-invalid` when the encoder failed. */
  end(): Promise<void>;
}

/** A key picture each second, none refers beyond it: a viewer that joins sees the road within a second. */
const PICTURES_PER_GROUP = 10;

/** @param options.crf the encoder's constant rate factor: higher is smaller and coarser */
export function openClipEncoder(options: {
  readonly framesPerSecond: number;
  readonly crf: number;
  readonly file: string;
}): ClipEncoder {
  const encoder = spawn('ffmpeg', encoderArguments(options), { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(encoder, 'close');
  return {
    async write(picture) {
      if (!encoder.stdin.write(picture)) await once(encoder.stdin, 'drain');
    },
    async end() {
      encoder.stdin.end();
      const [code] = await ended;
      if (code === 0) return;
      throw new RoadsideError('recording-invalid', `ffmpeg ended with ${String(code)}`, {
        hint: 'Read what ffmpeg wrote above; it needs libx264.',
      });
    },
  };
}

/**
 * H.264 as cameras send it: no B-pictures, closed groups, every group of the same length. The picture hardly
 * changes, so nearly all bits go into key pictures: they get little more quality than the rest (ipratio), and
 * plain asphalt gets no more than vehicles (aq-mode).
 */
function encoderArguments(options: Parameters<typeof openClipEncoder>[0]): readonly string[] {
  const { framesPerSecond, crf, file } = options;
  return [
    ...['-v', 'error', '-y', '-f', 'image2pipe', '-c:v', 'mjpeg', '-framerate', String(framesPerSecond)],
    ...['-i', 'pipe:0', '-c:v', 'libx264', '-preset', 'slow', '-crf', String(crf)],
    ...['-pix_fmt', 'yuv420p', '-bf', '0'],
    ...['-g', String(PICTURES_PER_GROUP), '-keyint_min', String(PICTURES_PER_GROUP), '-sc_threshold', '0'],
    ...['-x264-params', 'aq-mode=0:ipratio=1.1', '-flags', '+cgop', '-movflags', '+faststart', file],
  ];
}
