import { expect, test } from 'vitest';
import type { Box } from '../../vision/box.ts';
import { areasToBlur } from './blur-policy.ts';
import { playedMs } from './incident-picture.ts';
import {
  blurArea,
  drawLabel,
  drawMark,
  encodePicture,
  labelHeightPx,
  type Picture,
  parsePicture,
} from './picture-drawing.ts';

/** A fine chequerboard: nothing of it survives a blur. */
function chequered(widthPx = 200, heightPx = 120): Picture {
  const rgb = new Uint8Array(3 * widthPx * heightPx);
  for (let pixel = 0; pixel < widthPx * heightPx; pixel += 1) {
    const isWhite = ((pixel % widthPx) + Math.floor(pixel / widthPx)) % 2 === 0;
    rgb.fill(isWhite ? 255 : 0, 3 * pixel, 3 * pixel + 3);
  }
  return { widthPx, heightPx, rgb };
}
const pixel = ({ rgb, widthPx }: Picture, x: number, y: number): number[] => [
  ...rgb.subarray(3 * (y * widthPx + x), 3 * (y * widthPx + x) + 3),
];
function variance(picture: Picture, [x1, y1, x2, y2]: Box): number {
  const values: number[] = [];
  for (let y = y1; y < y2; y += 1) for (let x = x1; x < x2; x += 1) values.push(pixel(picture, x, y)[0] ?? 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

test('a blurred area holds nothing of what it showed; beside it everything stays', () => {
  const [picture, before] = [chequered(), chequered()];
  blurArea(picture, [40, 20, 100, 60]);
  expect(variance(picture, [40, 20, 100, 60])).toBeLessThan(10);
  expect(variance(before, [40, 20, 100, 60])).toBeGreaterThan(16_000);
  expect(variance(picture, [100, 20, 160, 60])).toBe(variance(before, [100, 20, 160, 60]));
  expect(pixel(picture, 39, 30)).toEqual(pixel(before, 39, 30));
});

test('a blurred area has at most four patches along a side', () => {
  const picture = chequered(400, 300);
  for (let at = 0; at < picture.rgb.length; at += 1) picture.rgb[at] = (at * 7919) % 251;
  blurArea(picture, [10, 10, 330, 90]);
  const row = Array.from({ length: 320 }, (_, x) => pixel(picture, 10 + x, 50).join());
  expect(new Set(row).size).toBeLessThanOrEqual(4);
});

test('heads, plates and whole riders are blurred', () => {
  const box: Box = [100, 0, 200, 100];
  const areas = areasToBlur([
    { class: 'person', box },
    { class: 'car', box },
    { class: 'motorcycle', box },
  ]);
  expect(areas).toEqual([
    [100, 0, 200, 35],
    [100, 40, 200, 100],
    [100, 0, 200, 100],
  ]);
});

test('a mark frames its box without covering it, wherever the box lies', () => {
  const picture = chequered(400, 270);
  const before = chequered(400, 270);
  drawMark(picture, { box: [100, 100, 160, 150], label: 'x' });
  expect(pixel(picture, 99, 120)).toEqual([255, 48, 32]);
  expect(pixel(picture, 160, 120)).toEqual([255, 48, 32]);
  expect(pixel(picture, 130, 120)).toEqual(pixel(before, 130, 120));
  expect(() => drawMark(picture, { box: [-500, -20, 9000, 9000], label: 'y'.repeat(500) })).not.toThrow();
});

test('a label is written in light letters on a dark ground, capitals for small ones', () => {
  const written = (text: string): string => {
    const picture = chequered(300, 270);
    drawLabel(picture, { text, x: 0, y: 0 });
    return Buffer.from(picture.rgb.subarray(0, 3 * 300 * labelHeightPx(picture))).toString('hex');
  };
  expect(written('stopped')).toBe(written('STOPPED'));
  expect(written('STOPPED')).not.toBe(written('STOPPER'));
  expect(written('逆行')).toBe(written('??'));
});

test('a picture survives being written and read; what is none is refused', () => {
  const picture = chequered();
  expect(parsePicture(Buffer.concat(encodePicture(picture)))).toEqual({
    ...picture,
    rgb: Buffer.from(picture.rgb),
  });
  for (const bad of ['', 'P6\n10 10\n255\nshort', 'P6\n99999999 1\n255\n', 'JFIF']) {
    expect(() => parsePicture(Buffer.from(bad))).toThrow(
      expect.objectContaining({ code: 'camera-stream-unusable' }),
    );
  }
});

test('a moment is found in what plays, though it came in bursts and with pauses', () => {
  const fragment = (startMs: number, endMs: number, mediaMs: number) => ({
    ...{ startMs, endMs, mediaMs, lastPictureMs: mediaMs - 100 },
    bytes: 1,
    startsWithKey: true,
  });
  const cut = {
    fragments: [fragment(1000, 3000, 2000), fragment(3000, 8000, 1000), fragment(8000, 9000, 1000)],
  };
  expect(playedMs(cut, 1500)).toBe(500);
  expect(playedMs(cut, 2950)).toBe(1900);
  expect(playedMs(cut, 7000)).toBe(2900);
  expect(playedMs(cut, 8250)).toBe(3250);
  expect(playedMs(cut, 99_000)).toBe(3900);
  expect(playedMs(cut, 0)).toBe(0);
});
