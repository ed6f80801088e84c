import { MS_PER_S } from '../../../base/units.ts';
import type { CameraPlan } from '../../contract.ts';
import type { Box } from '../../vision/box.ts';
import { CAMERA_CODECS } from '../ffmpeg-invocation.ts';
import { runFfmpegOnce } from './one-shot-ffmpeg.ts';
import {
  blurArea,
  drawLabel,
  drawMark,
  encodePicture,
  labelHeightPx,
  type Picture,
  parsePicture,
} from './picture-drawing.ts';
import type { RingCut } from './stream-ring.ts';

/** What is drawn on an incident's picture. Boxes are in pixels of the configured picture. */
export interface Annotation {
  readonly configured: CameraPlan['picture'];
  readonly marks: readonly { readonly box: Box; readonly label: string }[];
  /** ASCII, one line each. */
  readonly caption: readonly string[];
  readonly blur: readonly Box[];
}

/** 4096 × 4096 pixels of three bytes, and a head. */
const PICTURE_LIMIT_BYTES = 3 * 4096 * 4096 + 64;
const JPEG_LIMIT_BYTES = 16 * 1024 * 1024;
/** 2 is ffmpeg's best, 31 its worst. */
const JPEG_QUALITY = '3';
/** Asked for a little early, because the moment of a picture is that of its arrival from the decoder. */
const EARLY_MS = 20;

/**
 * The picture of a moment as JPEG, in the stream's full resolution, annotated.
 *
 * @throws RoadsideError camera-stream-unusable
 */
export async function makeIncidentPicture(options: {
  readonly ffmpeg: string;
  readonly cut: RingCut;
  readonly atMs: number;
  readonly annotation: Annotation;
}): Promise<Buffer> {
  const { ffmpeg, cut, annotation } = options;
  const seekS = Math.max(0, playedMs(cut, options.atMs) - EARLY_MS) / MS_PER_S;
  const ppm = await runFfmpegOnce({
    ffmpeg,
    codecs: CAMERA_CODECS,
    inputArgs: ['-f', 'mp4'],
    outputArgs: [
      ...['-map', '0:v:0', '-ss', seekS.toFixed(3), '-frames:v', '1'],
      ...['-f', 'image2pipe', '-c:v', 'ppm', 'pipe:1'],
    ],
    input: cut.read(),
    outputLimitBytes: PICTURE_LIMIT_BYTES,
  });
  const picture = parsePicture(ppm);
  annotate(picture, annotation);
  return runFfmpegOnce({
    ffmpeg,
    codecs: ['ppm'],
    inputArgs: ['-f', 'ppm_pipe'],
    outputArgs: ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', JPEG_QUALITY, '-f', 'mjpeg', 'pipe:1'],
    input: encodePicture(picture),
    outputLimitBytes: JPEG_LIMIT_BYTES,
  });
}

/** How far a cut has been played when it shows a moment; at most to where its last picture begins. */
export function playedMs(cut: Pick<RingCut, 'fragments'>, atMs: number): number {
  let playedBeforeMs = 0;
  let shownMs = 0;
  for (const { startMs, endMs, mediaMs, lastPictureMs } of cut.fragments) {
    shownMs = playedBeforeMs + Math.min(Math.max(0, atMs - startMs), lastPictureMs);
    if (atMs < endMs) return shownMs;
    playedBeforeMs += mediaMs;
  }
  return shownMs;
}

function annotate(picture: Picture, { configured, marks, caption, blur }: Annotation): void {
  const [x, y] = [picture.widthPx / configured.widthPx, picture.heightPx / configured.heightPx];
  const scaled = (box: Box): Box => [box[0] * x, box[1] * y, box[2] * x, box[3] * y];
  for (const area of blur) blurArea(picture, scaled(area));
  for (const { box, label } of marks) drawMark(picture, { box: scaled(box), label });
  const top = picture.heightPx - caption.length * labelHeightPx(picture);
  caption.forEach((text, line) => {
    drawLabel(picture, { text, x: 0, y: top + line * labelHeightPx(picture) });
  });
}
