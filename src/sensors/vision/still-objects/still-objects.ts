import type { Box } from '../box.ts';
import type { PicturePlacement } from '../camera-picture.ts';
import type { Track } from '../tracker.ts';
import { type Blob, blobsOf } from './blobs.ts';
import { CELL_PX, type GreyPicture, greyPictureOf } from './grey-picture.ts';
import { createHiddenCells } from './hidden-cells.ts';
import { isThing } from './is-thing.ts';
import { createObjectList } from './object-list.ts';
import { createRoadBackground, type RoadBackground } from './road-background.ts';
import { createVehicleScale } from './vehicle-scale.ts';

/** Something that lies where the road was, in pixels of the net's input. */
export interface StillObject {
  /** Counts up from 1; never used again. */
  readonly object: number;
  readonly box: Box;
  /** Since when it has been seen in this place. */
  readonly sinceMs: number;
  /** False once, when it is not seen there any more. */
  readonly present: boolean;
}

/** Looks for things that have come to rest on the road and are no road user; reads no clock. */
export interface StillObjects {
  /** Looks at a picture if one is due. Returns what is there, and once what is there no longer. */
  look(pixels: Uint8Array, tracks: readonly Track[], atMs: number): readonly StillObject[];
}

export interface StillObjectsTiming {
  readonly lookEveryMs: number;
  /** How long the road is learned before anything is claimed. */
  readonly learnMs: number;
  /** How long a thing lies still before it is one. */
  readonly stillMs: number;
  /** How long until it has become a part of the road: a repaired kerb, a patch of sun that was taken for a thing. */
  readonly absorbMs: number;
}

const STILL_OBJECTS_TIMING: StillObjectsTiming = {
  lookEveryMs: 500,
  learnMs: 30_000,
  stillMs: 5000,
  absorbMs: 3_600_000,
};

/** Four pixels of the net's input each way. */
const LEAST_CELLS = 4;
/** Its sides in cars' heights at its place: a brick is less, a vehicle that was not detected more. */
const SMALLEST = 0.12;
const HIGHEST = 0.9;
const WIDEST = 1.5;
/** When more of the picture has changed than this, it is the light or the camera, and the road is learned anew. */
const MOST_CHANGED_SHARE = 0.06;

export function createStillObjects(
  placement: Pick<PicturePlacement, 'netWidthPx' | 'scaledWidthPx' | 'scaledHeightPx'>,
  options: Partial<StillObjectsTiming> = {},
): StillObjects {
  const timing = { ...STILL_OBJECTS_TIMING, ...options };
  const looksIn = (ms: number): number => Math.ceil(ms / timing.lookEveryMs);
  const stillLooks = looksIn(timing.stillMs);
  const scale = createVehicleScale(placement.scaledHeightPx);
  const hiddenBy = createHiddenCells();
  const begin = (picture: GreyPicture): RoadBackground =>
    createRoadBackground(picture, { absorbedLooks: looksIn(timing.absorbMs) });
  // Black until the first picture.
  let road = begin(greyPictureOf(new Uint8Array(0), placement));
  let begunMs: number | null = null;
  let lookedMs = Number.NEGATIVE_INFINITY;
  const objects = createObjectList(() => road);

  /** What is no thing has become the road. */
  const isNew = (blob: Blob): boolean => {
    if (isThing(blob, road)) return hasSize(blob, scale.carHeightAt(blob.box[3] * CELL_PX));
    road.adopt(blob.cells);
    return false;
  };
  return {
    look(pixels, tracks, atMs) {
      if (atMs - lookedMs < timing.lookEveryMs) return [];
      lookedMs = atMs;
      const picture = greyPictureOf(pixels, placement);
      if (begunMs === null) {
        begunMs = atMs;
        road = begin(picture);
      }
      scale.learn(tracks);
      const isLearning = atMs - begunMs < timing.learnMs;
      road.look(picture, hiddenBy(tracks, picture, atMs), isLearning);
      if (isLearning) return [];
      const blobs = blobsOf(stillCells(road, stillLooks), picture);
      const changed = blobs.reduce((sum, { cells }) => sum + cells.length, 0);
      const isOtherPicture = changed > MOST_CHANGED_SHARE * picture.grey.length;
      if (isOtherPicture) {
        begunMs = atMs;
        road = begin(picture);
      }
      const fresh = blobs.filter((blob) => blob.cells.length >= LEAST_CELLS && !objects.has(blob));
      const found = isOtherPicture ? [] : fresh.filter(isNew);
      return objects.update(found, { atMs, sinceMs: atMs - timing.stillMs });
    },
  };
}

function stillCells({ looks, parked }: RoadBackground, stillLooks: number): Uint8Array {
  const still = new Uint8Array(looks.length);
  for (let at = 0; at < still.length; at += 1) {
    if ((looks[at] ?? 0) >= stillLooks && parked[at] === 0) still[at] = 1;
  }
  return still;
}

function hasSize({ box }: Blob, carHeightPx: number | null): boolean {
  if (carHeightPx === null) return false;
  const width = (box[2] - box[0]) * CELL_PX;
  const height = (box[3] - box[1]) * CELL_PX;
  return (
    Math.min(width, height) >= SMALLEST * carHeightPx &&
    height <= HIGHEST * carHeightPx &&
    width <= WIDEST * carHeightPx
  );
}
