import type { Box } from '../box.ts';
import { STANDING_AFTER_MS } from '../track.ts';
import type { Track } from '../tracker.ts';
import { CELL_PX, type GreyPicture } from './grey-picture.ts';

/** A track's box is grown by this share of its height on each side: shadow, mirrors, load, the detector's play. */
const GROWN = 0.3;
/** Below a standing vehicle lies what its headlights show. */
const GROWN_BELOW = 0.6;

/** What cells are to the background: seen, behind or beside a road user, or a standing vehicle itself. */
export const SEEN = 0;
export const HIDDEN = 1;
export const OWNED = 2;

/** Which cells the tracks of one picture cover; remembers who stands. */
export function createHiddenCells(): (
  tracks: readonly Track[],
  picture: Pick<GreyPicture, 'columns' | 'rows'>,
  atMs: number,
) => Uint8Array {
  const standing = createStandingWatch();
  return (tracks, { columns, rows }, atMs) => {
    const stands = standing(tracks, atMs);
    const hidden = new Uint8Array(columns * rows);
    const cover = (box: Box, state: number): void => {
      const [x1, y1] = [Math.max(0, Math.floor(box[0] / CELL_PX)), Math.max(0, Math.floor(box[1] / CELL_PX))];
      const [x2, y2] = [
        Math.min(columns, Math.ceil(box[2] / CELL_PX)),
        Math.min(rows, Math.ceil(box[3] / CELL_PX)),
      ];
      for (let y = y1; y < y2 && x1 < x2; y += 1) hidden.fill(state, y * columns + x1, y * columns + x2);
    };
    for (const { box, track } of tracks) {
      const grown = GROWN * (box[3] - box[1]);
      const below = (stands.has(track) ? GROWN_BELOW : GROWN) * (box[3] - box[1]);
      cover([box[0] - grown, box[1] - grown, box[2] + grown, box[3] + below], HIDDEN);
    }
    for (const { box, track } of tracks) if (stands.has(track)) cover(box, OWNED);
    return hidden;
  };
}

/** Where a track has stayed, and since when. */
interface Anchor {
  readonly x: number;
  readonly y: number;
  readonly sinceMs: number;
}

/** Which tracks have not moved for STANDING_AFTER_MS. */
function createStandingWatch(): (tracks: readonly Track[], atMs: number) => ReadonlySet<number> {
  let anchors: ReadonlyMap<number, Anchor> = new Map();
  return (tracks, atMs) => {
    const next = new Map<number, Anchor>();
    const stands = new Set<number>();
    for (const { track, box } of tracks) {
      const [x, y] = [(box[0] + box[2]) / 2, box[3]];
      const known = anchors.get(track);
      const stays = known !== undefined && Math.hypot(x - known.x, y - known.y) <= GROWN * (box[3] - box[1]);
      const anchor = stays ? known : { x, y, sinceMs: atMs };
      next.set(track, anchor);
      if (atMs - anchor.sinceMs >= STANDING_AFTER_MS) stands.add(track);
    }
    anchors = next;
    return stands;
  };
}
