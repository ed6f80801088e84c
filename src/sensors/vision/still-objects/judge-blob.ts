import type { Blob } from './blobs.ts';
import type { RoadBackground } from './road-background.ts';

/**
 * What has come to rest on the road looks different from what was there and has an outline of its own.
 * `shade`: the road itself, evenly darker, as under a shadow. `bare`: the outline is the old picture's, so something
 * has left and the road behind it shows. `faint`: too little to say. All but `thing` become the road.
 */
export type BlobVerdict = 'thing' | 'shade' | 'bare' | 'faint';

/** A shadow leaves more than this share of the light, and takes it evenly: the quartiles lie so close together. */
const SHADE_DARKEST = 0.4;
const SHADE_SPREAD = 0.15;
/** An outline counts from so many grey levels on, … */
const OUTLINE_LEVELS = 10;
/** … and is the new picture's when it is that much stronger there. A glow of headlights has none. */
const OUTLINE_RATIO = 1.4;
/** Cells between the inside and the outside of an outline: it is never sharper than the lens. */
const OUTLINE_WIDTH = 2;

export function judgeBlob({ cells }: Blob, background: RoadBackground): BlobVerdict {
  const { columns, rows, road, instead, seen, looks } = background;
  const inside = new Set(cells);
  const ratios = cells.map((at) => (instead[at] ?? 0) / Math.max(1, road[at] ?? 0));
  ratios.sort((a, b) => a - b);
  const quartile = (share: number): number => ratios[Math.floor(share * (ratios.length - 1))] ?? 1;
  const middle = quartile(0.5);
  const even = quartile(0.75) - quartile(0.25) < SHADE_SPREAD * middle;
  if (middle < 1 && middle > SHADE_DARKEST && even) return 'shade';

  let [now, before, count] = [0, 0, 0];
  for (const at of cells) {
    const column = at % columns;
    const row = (at - column) / columns;
    for (const [dx, dy] of [
      [-OUTLINE_WIDTH, 0],
      [OUTLINE_WIDTH, 0],
      [0, -OUTLINE_WIDTH],
      [0, OUTLINE_WIDTH],
    ] as const) {
      const [x, y] = [column + dx, row + dy];
      const beside = y * columns + x;
      if (x < 0 || y < 0 || x >= columns || y >= rows || inside.has(beside) || (looks[beside] ?? 0) > 0)
        continue;
      now += Math.abs((instead[at] ?? 0) - (seen[beside] ?? 0));
      before += Math.abs((road[at] ?? 0) - (road[beside] ?? 0));
      count += 1;
    }
  }
  if (count === 0) return 'faint';
  if (now < OUTLINE_LEVELS * count) return before > now ? 'bare' : 'faint';
  return now >= OUTLINE_RATIO * before ? 'thing' : 'thing';
}
