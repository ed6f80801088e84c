import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { FRAME_PLANES } from './frame-input.ts';

/** A picture of red, green, blue bytes, pixel by pixel. */
export interface KnownPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rgb: Uint8Array;
}

/** 4096 x 4096 pixels; a file that claims more is not a picture of ours. */
const LIMIT_BYTES = 3 * 4096 * 4096 + 100;
const HEADER = /^P6\s+(\d{1,4})\s+(\d{1,4})\s+255\s/;
const LONGEST_HEADER = 40;

/**
 * Reads a gzipped binary PPM picture (netpbm `P6`, one byte a colour, no comments).
 *
 * @throws RangeError for anything else, and what reading and unpacking throw
 */
export async function readKnownPicture(file: string): Promise<KnownPicture> {
  const bytes = gunzipSync(await readFile(file), { maxOutputLength: LIMIT_BYTES });
  const [header, width, height] = HEADER.exec(bytes.toString('latin1', 0, LONGEST_HEADER)) ?? [];
  if (header === undefined) throw new RangeError(`${file} is no gzipped PPM picture (P6, 255)`);
  const [widthPx, heightPx] = [Number(width), Number(height)];
  const rgb = bytes.subarray(header.length);
  if (widthPx * heightPx === 0 || rgb.length !== 3 * widthPx * heightPx) {
    throw new RangeError(`${file}: ${rgb.length} bytes are no ${widthPx} x ${heightPx} pixels`);
  }
  return { widthPx, heightPx, rgb };
}

/**
 * The picture as a frame: scaled to so many pixels, in the upper left corner, the rest black, as a camera's
 * pictures are placed. Between pixels it is interpolated, so a picture should not be much greater than the frame.
 *
 * @returns planar G, B, R bytes, each plane `netWidthPx` × `netHeightPx`
 */
export function frameOfPicture(
  picture: KnownPicture,
  place: {
    readonly netWidthPx: number;
    readonly netHeightPx: number;
    readonly scaledWidthPx: number;
    readonly scaledHeightPx: number;
  },
): Uint8Array {
  const area = place.netWidthPx * place.netHeightPx;
  const frame = new Uint8Array(FRAME_PLANES.length * area);
  const columns = samplesOf(picture.widthPx, place.scaledWidthPx);
  const lines = samplesOf(picture.heightPx, place.scaledHeightPx);
  [...FRAME_PLANES].forEach((colour, plane) => {
    const channel = 'rgb'.indexOf(colour);
    const valueAt = (x: number, y: number): number =>
      picture.rgb[3 * (y * picture.widthPx + x) + channel] ?? 0;
    lines.forEach((line, y) => {
      const first = plane * area + y * place.netWidthPx;
      columns.forEach((column, x) => {
        const upper = mix(valueAt(column.low, line.low), valueAt(column.high, line.low), column.share);
        const lower = mix(valueAt(column.low, line.high), valueAt(column.high, line.high), column.share);
        frame[first + x] = Math.round(mix(upper, lower, line.share));
      });
    });
  });
  return frame;
}

interface Sample {
  readonly low: number;
  readonly high: number;
  /** How much `high` counts. */
  readonly share: number;
}

/** Where each of `to` pixels lies among `from` pixels, by their middles. */
function samplesOf(from: number, to: number): readonly Sample[] {
  return Array.from({ length: to }, (_, index) => {
    const at = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, from - 1), share: at - low };
  });
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
