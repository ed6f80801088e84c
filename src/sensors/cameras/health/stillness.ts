import type { PictureDigest } from './picture-digest.ts';

/** For how long a picture has not changed at all, ms; it is asked about each picture in turn. */
export type Stillness = (digest: PictureDigest, atMs: number) => number;

/**
 * The greatest change of any cell that still counts as none, levels of 255. A frozen source that is encoded anew
 * with each key picture changes by up to 0.5 (measured: x264, constant quality); an empty road at night changes by
 * 1.8 and more within seconds, because every sensor has noise.
 */
const STILL_LEVELS = 1.5;
/** Above and below, where cameras write the time: a hung sensor under a running clock is frozen, too. */
const LETTERING_SHARE = 1 / 8;

/**
 * Compares with the picture in which the stillness began, so that slow changes add up. It asks for noise, not for
 * motion: traffic that stands, or a road without any, is no frozen picture.
 */
export function createStillness(): Stillness {
  let since: { readonly digest: PictureDigest; readonly atMs: number } | null = null;
  return (digest, atMs) => {
    if (since === null || !isSame(since.digest, digest)) since = { digest, atMs };
    return atMs - since.atMs;
  };
}

function isSame(before: PictureDigest, now: PictureDigest): boolean {
  if (before.grey.length !== now.grey.length) return false;
  const border = Math.floor(now.rows * LETTERING_SHARE);
  const to = (now.rows - border) * now.columns;
  for (let at = border * now.columns; at < to; at += 1) {
    if (Math.abs((now.grey[at] ?? 0) - (before.grey[at] ?? 0)) > STILL_LEVELS) return false;
  }
  return true;
}
