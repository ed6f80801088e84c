/**
 * Renders the clip of the `north` approach and writes the truth beside it. Run it again, and commit both
 * files, whenever the scenario, the camera or the scene changes:
 *
 *   node src/simulator/scene/render.ts --out src/simulator/clip
 *
 * It needs Chromium (--chromium or CHROMIUM, by default /usr/bin/chromium) and ffmpeg with libx264, no
 * graphics card, and some minutes. Run the formatter over the truth afterwards. The same sources give the
 * same clip, byte for byte, with the same Chromium and ffmpeg.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RoadsideError } from '../../base/errors.ts';
import { MS_PER_S } from '../../base/units.ts';
import { buildNorthTruth } from '../clip/north-truth.ts';
import { createIntersection } from '../traffic/intersection.ts';
import { NORTH_LANES } from '../traffic/lane-plan.ts';
import { NORTH_CYCLE_MS } from '../traffic/scenario.ts';
import { type CameraView, NORTH_CAMERA } from './camera-view.ts';
import { openPictureSource } from './picture-source.ts';

/** A key picture each second, none refers beyond it: a viewer that joins sees the road within a second. */
const PICTURES_PER_GROUP = 10;
const PROGRESS_EVERY = 50;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    chromium: { type: 'string', default: process.env['CHROMIUM'] ?? '/usr/bin/chromium' },
  },
});
if (values.out === undefined) {
  throw new RoadsideError('usage-invalid', 'expected --out with the folder for the clip', {
    hint: 'Run: node src/simulator/scene/render.ts --out src/simulator/clip',
  });
}
await renderClip({ view: NORTH_CAMERA, file: join(values.out, 'north.mp4'), chromiumPath: values.chromium });
const truth = `${JSON.stringify(buildNorthTruth(), null, 1)}\n`;
await writeFile(join(values.out, 'north.truth.json'), truth);

async function renderClip(options: {
  readonly view: CameraView;
  readonly file: string;
  readonly chromiumPath: string;
}): Promise<void> {
  const { view, file, chromiumPath } = options;
  const pictures = await openPictureSource({ view, chromiumPath });
  const encoder = spawn('ffmpeg', encoderArguments(view.framesPerSecond, file), {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = once(encoder, 'close');
  const lanes = new Set(NORTH_LANES.map(({ lane }) => lane));
  const road = createIntersection({ seed: 0 });
  const total = (NORTH_CYCLE_MS / MS_PER_S) * view.framesPerSecond;
  try {
    for (let index = 0; index < total; index += 1) {
      const atS = index / view.framesPerSecond;
      road.advance(atS * MS_PER_S);
      const vehicles = road.vehicles().filter(({ lane }) => lanes.has(lane));
      const caption = `NORTH ${atS.toFixed(1).padStart(5)} s`;
      const picture = await pictures.draw({ vehicles, caption, type: 'image/jpeg' });
      if (!encoder.stdin.write(picture)) await once(encoder.stdin, 'drain');
      if (index % PROGRESS_EVERY === 0) process.stdout.write(`${index} of ${total} pictures\n`);
    }
  } finally {
    encoder.stdin.end();
    await pictures.close();
  }
  const [code] = await ended;
  if (code !== 0) {
    throw new RoadsideError('recording-invalid', `ffmpeg ended with ${String(code)}`, {
      hint: 'Read what ffmpeg wrote above; it needs libx264.',
    });
  }
}

/**
 * H.264 as cameras send it: no B-pictures, closed groups, every group of the same length. The picture hardly
 * changes, so nearly all bits go into key pictures: they get little more quality than the rest (ipratio), and
 * plain asphalt gets no more than vehicles (aq-mode).
 */
function encoderArguments(framesPerSecond: number, file: string): readonly string[] {
  return [
    ...['-v', 'error', '-y', '-f', 'image2pipe', '-c:v', 'mjpeg', '-framerate', String(framesPerSecond)],
    ...['-i', 'pipe:0', '-c:v', 'libx264', '-preset', 'slow', '-crf', '27'],
    ...['-pix_fmt', 'yuv420p', '-bf', '0'],
    ...['-g', String(PICTURES_PER_GROUP), '-keyint_min', String(PICTURES_PER_GROUP), '-sc_threshold', '0'],
    ...['-x264-params', 'aq-mode=0:ipratio=1.1', '-flags', '+cgop', '-movflags', '+faststart', file],
  ];
}
