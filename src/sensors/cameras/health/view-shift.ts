import { type EdgeField, halved } from './edge-field.ts';

/** How a view lies against an earlier one. */
export interface ViewShift {
  /** Where the earlier view is found now, as shares of the picture's size; 0, 0 where it was. */
  readonly xShare: number;
  readonly yShare: number;
  /** Correlation of the edges there, -1 to 1. */
  readonly likeness: number;
  /** The same where they were before. */
  readonly likenessInPlace: number;
}

/** The camera may have turned by this share of its picture; what has turned further shows another place. */
const REACH_SHARE = 0.23;

/** Looks for `before` in `now` at half resolution: some 400 shifts, 2 ms. */
export function findShift(before: EdgeField, now: EdgeField): ViewShift {
  const [was, is] = [halved(before), halved(now)];
  const reach = { x: Math.floor(was.columns * REACH_SHARE), y: Math.floor(was.rows * REACH_SHARE) };
  const likenessInPlace = likenessAt(was, is, { x: 0, y: 0 });
  let best = { x: 0, y: 0, likeness: likenessInPlace };
  for (let y = -reach.y; y <= reach.y; y += 1) {
    for (let x = -reach.x; x <= reach.x; x += 1) {
      const likeness = likenessAt(was, is, { x, y });
      if (likeness > best.likeness) best = { x, y, likeness };
    }
  }
  const { likeness } = best;
  return { xShare: best.x / was.columns, yShare: best.y / was.rows, likeness, likenessInPlace };
}

/** Normalised correlation over what both show. */
function likenessAt(was: EdgeField, is: EdgeField, by: { readonly x: number; readonly y: number }): number {
  const { columns, rows } = was;
  let both = 0;
  let ofWas = 0;
  let ofIs = 0;
  for (let row = Math.max(0, -by.y); row < Math.min(rows, rows - by.y); row += 1) {
    const offset = by.y * columns + by.x;
    const to = row * columns + Math.min(columns, columns - by.x);
    for (let at = row * columns + Math.max(0, -by.x); at < to; at += 1) {
      const wasX = was.x[at] ?? 0;
      const wasY = was.y[at] ?? 0;
      const isX = is.x[at + offset] ?? 0;
      const isY = is.y[at + offset] ?? 0;
      both += wasX * isX + wasY * isY;
      ofWas += wasX * wasX + wasY * wasY;
      ofIs += isX * isX + isY * isY;
    }
  }
  return both / Math.sqrt(Math.max(1e-9, ofWas * ofIs));
}
