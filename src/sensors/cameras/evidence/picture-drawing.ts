import { RoadsideError } from '../../../base/errors.ts';
import type { Box } from '../../vision/box.ts';
import { GLYPH_COLUMNS, GLYPH_ROWS, GLYPHS } from './glyphs.table.ts';

/** A picture that can be drawn on: rows from the top, R, G, B bytes. */
export interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rgb: Uint8Array;
}

type Colour = readonly [red: number, green: number, blue: number];

const MARK: Colour = [255, 48, 32];
const INK: Colour = [255, 255, 255];
const PAPER: Colour = [0, 0, 0];
/** A letter's dots are one 270th of the picture's height: 4 px at 1080p, so that a caption is read on a phone. */
const DOTS_PER_PICTURE = 270;
/** A thinner line drowns in the colour subsampling of JPEG. */
const LEAST_LINE_PX = 2;
/** A blurred area keeps at most this many patches along its longer side: no face or plate can be read from them. */
const BLUR_PATCHES = 4;

/** Reads a binary PPM picture, as ffmpeg writes it. Throws `camera-stream-unusable` when it is none. */
export function parsePicture(ppm: Buffer): Picture {
  const head = /^P6\s(\d{1,5})\s(\d{1,5})\s255\s/.exec(ppm.toString('latin1', 0, 32));
  const [widthPx, heightPx] = [Number(head?.[1]), Number(head?.[2])];
  const rgb = ppm.subarray(head?.[0].length ?? 0);
  if (head === null || rgb.length !== 3 * widthPx * heightPx) {
    throw new RoadsideError('camera-stream-unusable', 'no picture could be cut out of the stream', {
      hint: 'Look at the log; the clip may still show what happened.',
    });
  }
  return { widthPx, heightPx, rgb };
}

/** The parts of the same; its pixels are not copied. */
export function encodePicture({ widthPx, heightPx, rgb }: Picture): readonly Buffer[] {
  const pixels = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.length);
  return [Buffer.from(`P6\n${widthPx} ${heightPx}\n255\n`, 'latin1'), pixels];
}

/** Size of one dot of a letter. */
function dotPx(picture: Pick<Picture, 'heightPx'>): number {
  return Math.max(1, Math.round(picture.heightPx / DOTS_PER_PICTURE));
}

/** Frames what raised an incident, with its label above, or inside where there is no room above. */
export function drawMark(picture: Picture, mark: { readonly box: Box; readonly label: string }): void {
  const line = Math.max(LEAST_LINE_PX, dotPx(picture));
  const [x1, y1, x2, y2] = mark.box.map(Math.round) as [number, number, number, number];
  for (const area of [
    [x1 - line, y1 - line, x2 + line, y1],
    [x1 - line, y2, x2 + line, y2 + line],
    [x1 - line, y1, x1, y2],
    [x2, y1, x2 + line, y2],
  ] as const) {
    fill(picture, area, MARK);
  }
  const heightPx = labelHeightPx(picture);
  const top = y1 - line - heightPx;
  drawLabel(picture, { text: mark.label, x: x1 - line, y: top >= 0 ? top : y1 });
}

/** Writes ASCII on a dark ground; what is no letter of the table becomes a question mark. */
export function drawLabel(
  picture: Picture,
  label: { readonly text: string; readonly x: number; readonly y: number },
): void {
  const dot = dotPx(picture);
  const letters = [...label.text.toUpperCase()];
  const step = (GLYPH_COLUMNS + 1) * dot;
  const widthPx = letters.length * step + 2 * dot;
  const x = Math.max(0, Math.min(label.x, picture.widthPx - widthPx));
  fill(picture, [x, label.y, x + widthPx, label.y + labelHeightPx(picture)], PAPER);
  letters.forEach((letter, index) => {
    const rows = GLYPHS[letter] ?? GLYPHS['?'] ?? [];
    rows.forEach((bits, row) => {
      for (let column = 0; column < GLYPH_COLUMNS; column += 1) {
        if (((bits >> (GLYPH_COLUMNS - 1 - column)) & 1) === 0) continue;
        const [left, top] = [x + dot * 2 + index * step + column * dot, label.y + dot * (row + 1)];
        fill(picture, [left, top, left + dot, top + dot], INK);
      }
    });
  });
}

export function labelHeightPx(picture: Pick<Picture, 'heightPx'>): number {
  return (GLYPH_ROWS + 2) * dotPx(picture);
}

/** Replaces an area by a few patches of its mean colours; unlike a soft blur that cannot be reckoned back. */
export function blurArea(picture: Picture, area: Box): void {
  const [x1, y1, x2, y2] = clipped(picture, area);
  const patch = Math.max(1, Math.ceil(Math.max(x2 - x1, y2 - y1) / BLUR_PATCHES));
  for (let top = y1; top < y2; top += patch) {
    for (let left = x1; left < x2; left += patch) {
      const part = [left, top, Math.min(left + patch, x2), Math.min(top + patch, y2)] as const;
      fill(picture, part, meanColour(picture, part));
    }
  }
}

function meanColour({ rgb, widthPx }: Picture, [x1, y1, x2, y2]: Box): Colour {
  const sum: [number, number, number] = [0, 0, 0];
  for (let y = y1; y < y2; y += 1) {
    for (let at = 3 * (y * widthPx + x1); at < 3 * (y * widthPx + x2); at += 3) {
      sum[0] += rgb[at] ?? 0;
      sum[1] += rgb[at + 1] ?? 0;
      sum[2] += rgb[at + 2] ?? 0;
    }
  }
  const pixels = Math.max(1, (x2 - x1) * (y2 - y1));
  return [sum[0] / pixels, sum[1] / pixels, sum[2] / pixels];
}

function fill(picture: Picture, area: Box, [red, green, blue]: Colour): void {
  const [x1, y1, x2, y2] = clipped(picture, area);
  for (let y = y1; y < y2; y += 1) {
    for (let at = 3 * (y * picture.widthPx + x1); at < 3 * (y * picture.widthPx + x2); at += 3) {
      picture.rgb[at] = red;
      picture.rgb[at + 1] = green;
      picture.rgb[at + 2] = blue;
    }
  }
}

function clipped({ widthPx, heightPx }: Picture, [x1, y1, x2, y2]: Box): [number, number, number, number] {
  const within = (value: number, limit: number): number => Math.min(Math.max(Math.round(value), 0), limit);
  return [within(x1, widthPx), within(y1, heightPx), within(x2, widthPx), within(y2, heightPx)];
}
