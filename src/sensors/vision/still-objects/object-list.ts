import type { Blob } from './blobs.ts';
import { CELL_PX } from './grey-picture.ts';
import type { RoadBackground } from './road-background.ts';
import type { StillObject } from './still-objects.ts';

/** Things do not come in numbers: sun that breaks through the trees does, and it makes all of them light. */
const MOST_AT_ONCE = 3;
const AT_ONCE_MS = 15_000;
/** A thing is the same one where this share of the smaller box is common. */
const SAME_SHARE = 0.5;

/** The things that lie on the road, by the names that they keep. */
export interface ObjectList {
  /** Whether a blob is one of them already. */
  has(blob: Blob): boolean;
  /** Takes those that have just been found, and returns all, with those that have gone since. */
  update(
    found: readonly Blob[],
    at: { readonly atMs: number; readonly sinceMs: number },
  ): readonly StillObject[];
}

interface Known {
  readonly object: number;
  readonly begunMs: number;
  readonly sinceMs: number;
  readonly blob: Blob;
}

export function createObjectList(road: () => RoadBackground): ObjectList {
  let known: readonly Known[] = [];
  let named = 0;
  /** When the latest were found, also of those that were light. */
  let moments: readonly number[] = [];
  return {
    has: ({ box }) => known.some(({ blob }) => isSame(blob.box, box)),
    update(found, { atMs, sinceMs }) {
      const background = road();
      const begun = found.map((blob): Known => {
        named += 1;
        return { object: named, begunMs: atMs, sinceMs, blob };
      });
      const all = [...known, ...begun];
      const isYoung = (sinceWhenMs: number): boolean => atMs - sinceWhenMs < AT_ONCE_MS;
      moments = [...moments, ...begun.map(({ begunMs }) => begunMs)].filter(isYoung);
      const light = new Set(
        moments.length > MOST_AT_ONCE ? all.filter(({ begunMs }) => isYoung(begunMs)) : [],
      );
      for (const { blob } of light) background.adopt(blob.cells);
      const isLeft = (each: Known): boolean =>
        !light.has(each) && each.blob.cells.some((cell) => (background.looks[cell] ?? 0) > 0);
      const gone = known.filter((each) => !isLeft(each));
      known = all.filter(isLeft);
      return [...known.map((each) => claimOf(each, true)), ...gone.map((each) => claimOf(each, false))];
    },
  };
}

function claimOf({ object, sinceMs, blob }: Known, present: boolean): StillObject {
  const [x1, y1, x2, y2] = blob.box;
  return { object, sinceMs, box: [x1 * CELL_PX, y1 * CELL_PX, x2 * CELL_PX, y2 * CELL_PX], present };
}

function isSame(a: Blob['box'], b: Blob['box']): boolean {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return false;
  const smaller = Math.min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]));
  return width * height >= SAME_SHARE * smaller;
}
