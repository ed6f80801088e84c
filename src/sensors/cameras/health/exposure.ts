import type { PictureDigest } from './picture-digest.ts';

/** What the brightness of one picture alone says: nothing can be seen in it, and why. */
export type ExposureProblem = 'black' | 'too-dark' | 'overexposed' | 'covered';

export interface Exposure {
  /** Median brightness, 0 to 255. */
  readonly median: number;
  readonly problem: ExposureProblem | null;
}

/** Nearly all darker than this: no lens cap lets more through, no sensor with light has less. */
const BLACK_MAX = 16;
/** Nearly all darker than this: street lamps, signs or headlights would show in any street at night. */
const DARK_MAX = 45;
const DARK_MEAN_MAX = 24;
/** Clipped at the white end. */
const WHITE_MIN = 245;
/** The share of a picture that is clipped when nothing can be seen any more: a bright sky is at most half. */
const WHITE_SHARE = 0.6;
/** From the darkest to the brightest: less than this is a bag, a board or dense fog before the lens. */
const UNIFORM_SPREAD = 12;
/** Lamps, hot pixels and the camera's own lettering are left out at either end. */
const END_SHARE = 0.02;

export function judgeExposure({ grain }: Pick<PictureDigest, 'grain'>): Exposure {
  const histogram = new Uint32Array(256);
  let sum = 0;
  for (const level of grain) {
    histogram[level] = (histogram[level] ?? 0) + 1;
    sum += level;
  }
  const at = (share: number): number => levelAt(histogram, share * grain.length);
  const median = at(0.5);
  return { median, problem: problemOf({ at, mean: sum / Math.max(1, grain.length) }) };
}

function problemOf(picture: { at(share: number): number; readonly mean: number }): ExposureProblem | null {
  const brightest = picture.at(1 - END_SHARE);
  if (brightest < BLACK_MAX) return 'black';
  if (brightest < DARK_MAX && picture.mean < DARK_MEAN_MAX) return 'too-dark';
  if (picture.at(1 - WHITE_SHARE) >= WHITE_MIN) return 'overexposed';
  return brightest - picture.at(END_SHARE) < UNIFORM_SPREAD ? 'covered' : null;
}

/** The level that so many samples lie below. */
function levelAt(histogram: Uint32Array, below: number): number {
  let seen = 0;
  for (let level = 0; level < histogram.length; level += 1) {
    seen += histogram[level] ?? 0;
    if (seen > below) return level;
  }
  return histogram.length - 1;
}
