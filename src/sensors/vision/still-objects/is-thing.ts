import type { Blob } from './blobs.ts';
import type { RoadBackground } from './road-background.ts';

/** A shadow leaves more than this share of the light, and takes it evenly: the quartiles lie so close together. */
const SHADE_DARKEST = 0.4;
const SHADE_SPREAD = 0.15;
/** An outline counts from so many grey levels on, … */
const OUTLINE_LEVELS = 10;
/** … and is the new picture's when it is that much stronger there. */
const OUTLINE_RATIO = 1.4;
/** Cells between the inside and the outside of an outline: it is never sharper than the lens. */
const OUTLINE_WIDTH = 2;
const SIDES = [
  [-OUTLINE_WIDTH, 0],
  [OUTLINE_WIDTH, 0],
  [0, -OUTLINE_WIDTH],
  [0, OUTLINE_WIDTH],
] as const;

/**
 * Whether what is seen instead of the road is a thing: not the road itself, evenly darker, and with an outline of its
 * own. A glow of headlights has none; the outline of something that has left is the old picture's.
 */
export function isThing({ cells }: Blob, background: RoadBackground): boolean {
  return !isShade(cells, background) && hasOutline(cells, background);
}

/** Tyres and tar are darker than shadows, cardboard and metal are not even. */
function isShade(cells: readonly number[], { road, instead }: RoadBackground): boolean {
  const shares = cells.map((at) => (instead[at] ?? 0) / Math.max(1, road[at] ?? 0)).sort((a, b) => a - b);
  const quartile = (share: number): number => shares[Math.floor(share * (shares.length - 1))] ?? 1;
  const middle = quartile(0.5);
  const isEven = quartile(0.75) - quartile(0.25) < SHADE_SPREAD * middle;
  return middle < 1 && middle > SHADE_DARKEST && isEven;
}

function hasOutline(cells: readonly number[], background: RoadBackground): boolean {
  const { columns, rows, road, instead, seen, looks } = background;
  const inside = new Set(cells);
  let [now, before, count] = [0, 0, 0];
  for (const at of cells) {
    const column = at % columns;
    const row = (at - column) / columns;
    for (const [dx, dy] of SIDES) {
      const [x, y] = [column + dx, row + dy];
      const beside = y * columns + x;
      if (x < 0 || y < 0 || x >= columns || y >= rows) continue;
      if (inside.has(beside) || (looks[beside] ?? 0) > 0) continue;
      now += Math.abs((instead[at] ?? 0) - (seen[beside] ?? 0));
      before += Math.abs((road[at] ?? 0) - (road[beside] ?? 0));
      count += 1;
    }
  }
  return count > 0 && now >= OUTLINE_LEVELS * count && now >= OUTLINE_RATIO * before;
}
