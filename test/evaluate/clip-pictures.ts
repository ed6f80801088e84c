import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ffmpegInvocation } from '../../src/sensors/cameras/ffmpeg-invocation.ts';
import { createNewestFrame, type Frame } from '../../src/sensors/cameras/newest-frame.ts';
import type { CameraPlan } from '../../src/sensors/contract.ts';
import type { PicturePlacement } from '../../src/sensors/vision/camera-picture.ts';

const PLANES = 3;
/** A recording is read by the decoder itself; this only bounds a dead one. */
const SOCKET_TIMEOUT_MS = 3000;

/**
 * The pictures of a recording as the service would take them: same decoder, same placement, same thinning to
 * the wanted rate; only as fast as they are consumed, each with its own time (ms from the first picture)
 * instead of the moment at which it arrived.
 */
export async function* clipPictures(options: {
  readonly file: string;
  readonly placement: PicturePlacement;
  readonly framesPerSecond: CameraPlan['framesPerSecond'];
}): AsyncGenerator<Frame> {
  const { file, placement, framesPerSecond } = options;
  const frameBytes = PLANES * placement.netWidthPx * placement.netHeightPx;
  const frames = createNewestFrame({ frameBytes, framesPerSecond });
  const source = { kind: 'file', path: file, loop: false } as const;
  const { args } = ffmpegInvocation({
    ...{ source, placement, socketTimeoutMs: SOCKET_TIMEOUT_MS },
    recordingPace: 'as-read',
  });
  const timesMs = await pictureTimesMs(args);
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  let filled = 0;
  let index = 0;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length; ) {
        const part = chunk.subarray(from, from + frameBytes - filled);
        from += part.length;
        filled = (filled + part.length) % frameBytes;
        const atMs = timesMs[index];
        if (atMs === undefined) throw new RangeError(`${file}: more pictures than its first reading gave`);
        if (frames.write(part, atMs) === 0) continue;
        index += 1;
        const picture = frames.take();
        if (picture !== null) yield picture;
      }
    }
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  if (index !== timesMs.length) {
    throw new RangeError(`${file}: ${index} pictures, its first reading gave ${timesMs.length}`);
  }
}

/**
 * Presentation times of the pictures that this decoder makes of this recording, ms from its first. The same decoder
 * twice, because it leaves out damaged pictures that others show. A frame checksum's third column is
 * the time (ffmpeg-formats, framecrc); the muxer's time base is that of `-enc_time_base`, ms.
 */
async function pictureTimesMs(args: readonly string[]): Promise<readonly number[]> {
  const decoding = args.slice(0, args.indexOf('-vf'));
  const listing = ['-vf', 'scale=16:16', '-fps_mode', 'passthrough', '-enc_time_base', '1:1000'];
  const child = spawn('ffmpeg', [...decoding, ...listing, '-f', 'framecrc', 'pipe:1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) text += chunk.toString('latin1');
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const stamps = rows.map((row) => Number(row.split(',')[2]));
  return stamps.map((stamp) => stamp - (stamps[0] ?? 0));
}
