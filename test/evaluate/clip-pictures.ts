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
  const timesMs = await pictureTimesMs(file);
  const frameBytes = PLANES * placement.netWidthPx * placement.netHeightPx;
  const frames = createNewestFrame({ frameBytes, framesPerSecond });
  const source = { kind: 'file', path: file, loop: false } as const;
  const invocation = ffmpegInvocation({ source, placement, socketTimeoutMs: SOCKET_TIMEOUT_MS });
  // `-re` is what makes a recording play at its own speed.
  const args = invocation.args.filter((argument) => argument !== '-re');
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'inherit'] });
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
        if (atMs === undefined) throw new RangeError(`${file}: more pictures than ffprobe announced`);
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
    throw new RangeError(`${file}: ${index} pictures decoded, ffprobe announced ${timesMs.length}`);
  }
}

async function pictureTimesMs(file: string): Promise<readonly number[]> {
  const show = ['-show_entries', 'frame=best_effort_timestamp_time', '-of', 'csv=print_section=0'];
  const child = spawn('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...show, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) text += chunk.toString('latin1');
  const stamps = text
    .split('\n')
    .map((line) => Number.parseFloat(line))
    .filter((seconds) => Number.isFinite(seconds));
  return stamps.map((seconds) => (seconds - (stamps[0] ?? 0)) * 1000);
}
