/** Clips for the bench, made of the project's own scene as a camera would code it: H.264, 25 a second, no B pictures. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { NORTH_CLIP_FILE } from '../../../src/simulator/clip/north-truth.ts';
import { TIME_CODE_LIMIT, timeCodeFilters } from './time-code.ts';

export const CLIP_FPS = 25;
const CLIP_S = 12;
/** Traffic in all lanes, and one vehicle that stands. */
const BUSY_FROM_S = 13;
/** A common setting of cameras: constant 4 Mbit/s, a key picture every 2 s. */
const CODING = [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-pix_fmt', 'yuv420p', '-bf', '0'],
  ...['-g', '50', '-keyint_min', '50', '-sc_threshold', '0'],
  ...['-b:v', '4M', '-maxrate', '4M', '-bufsize', '4M'],
];
/** A camera's sensor is never quiet; without noise the coder would skip most of a picture. */
const NOISE = 'noise=alls=8:allf=t';
const FULL_HD = ['scale=1920:1080:flags=bicubic', NOISE];

export interface BenchClips {
  /** Traffic, with each picture's number in it. */
  readonly traffic: string;
  /** The same in a quarter of the pixels, as the second stream of a camera is. */
  readonly smallTraffic: string;
  /** The empty road, on which in each lane a vehicle stands for some seconds and is gone again. */
  readonly standing: string;
}

/** Codes the clips into a folder. */
export function makeClips(folder: string): BenchClips {
  return {
    traffic: makeTrafficClip(join(folder, 'traffic.mp4'), [...FULL_HD, ...timeCodeFilters()]),
    smallTraffic: makeTrafficClip(join(folder, 'small-traffic.mp4'), [NOISE]),
    standing: makeStandingClip(folder),
  };
}

function makeTrafficClip(file: string, drawing: readonly string[]): string {
  if (CLIP_S * CLIP_FPS > TIME_CODE_LIMIT) throw new RangeError('the clip has more pictures than codes');
  const filters = [`fps=${CLIP_FPS}`, ...drawing].join(',');
  run([
    ...['-ss', String(BUSY_FROM_S), '-i', NORTH_CLIP_FILE, '-t', String(CLIP_S), '-vf', filters],
    ...[...CODING, file],
  ]);
  return file;
}

/** Where a picture of the scene shows a vehicle in a lane, free on all sides; the scene's own pixels. */
const VEHICLES = [
  { atS: 19.9, x: 660, y: 160, widthPx: 100, heightPx: 84, standsFromS: 1 },
  { atS: 21.9, x: 518, y: 160, widthPx: 124, heightPx: 100, standsFromS: 2.7 },
  { atS: 16.4, x: 380, y: 160, widthPx: 140, heightPx: 104, standsFromS: 3.4 },
];
const STANDS_S = 4.2;
/** No whole number of ticks or of picture intervals, so that loops of the clip meet every phase of both. */
const CYCLE_S = 9.88;

function makeStandingClip(folder: string): string {
  const file = join(folder, 'standing.mp4');
  const still = (atS: number): readonly string[] => [
    ...['-loop', '1', '-framerate', String(CLIP_FPS), '-t', String(CYCLE_S), '-i', stillAt(folder, atS)],
  ];
  const cut = VEHICLES.map(
    ({ x, y, widthPx, heightPx }, index) =>
      `[${index + 1}:v]crop=${widthPx}:${heightPx}:${x}:${y}[v${index}]`,
  );
  const laid = VEHICLES.map(({ x, y, standsFromS }, index) => {
    const under = index === 0 ? '[0:v]' : `[r${index - 1}]`;
    const shown = `between(t,${standsFromS},${standsFromS + STANDS_S})`;
    return `${under}[v${index}]overlay=${x}:${y}:enable='${shown}'[r${index}]`;
  });
  const last = `[r${VEHICLES.length - 1}]${FULL_HD.join(',')}[out]`;
  run([
    ...still(0),
    ...VEHICLES.flatMap(({ atS }) => still(atS)),
    ...['-filter_complex', [...cut, ...laid, last].join(';'), '-map', '[out]', ...CODING, file],
  ]);
  return file;
}

function stillAt(folder: string, atS: number): string {
  const file = join(folder, `still-${atS}.png`);
  run(['-ss', String(atS), '-i', NORTH_CLIP_FILE, '-frames:v', '1', file]);
  return file;
}

function run(args: readonly string[]): void {
  execFileSync('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...args]);
}
