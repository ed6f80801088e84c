import { MS_PER_S } from '../../base/units.ts';
import { percentile } from '../flow/mean-speed.ts';
import { wayOnGround } from '../lane-ground.ts';
import type { CameraDefinition, CameraLaneDefinition } from '../site-definition.ts';
import { type GroundSpeed, publishedSpeed } from './ground-speed.ts';
import type { CompletedPassage } from './passage.ts';
import type { Sample, TrackMotion } from './track-motion.ts';
import { isFootSeen, MAX_LENGTH_UNCERTAINTY_PCT, vehicleLength } from './vehicle-length.ts';

/** The window for a spot speed at the line, ms; where that leaves too much open, all that is remembered. */
const SPEED_WINDOW_MS = 1000;
/** A length takes a while to work out, and neighbouring boxes say the same: every so many-th is asked. */
const EVERY = 2;
/** A tracker's box follows the size of a vehicle by some tenths of a second: that is a tenth of it at this rate. */
const MAX_GROWTH_PER_S = 0.3;
/** Fewer lengths than this cannot agree. */
const MIN_LENGTHS = 3;

export type TrackFigures = Pick<
  CompletedPassage,
  'speedKmh' | 'speedMethod' | 'speedUncertaintyPct' | 'lengthM'
>;

/** What a calibrated camera measures of a vehicle that was over the line at this moment. */
export function trackFigures(
  camera: CameraDefinition,
  lane: Pick<CameraLaneDefinition, 'direction'>,
  { motion, atMs }: { readonly motion: TrackMotion; readonly atMs: number },
): TrackFigures {
  const speed = speedOf(camera, motion, atMs);
  return {
    speedKmh: speed?.speedKmh ?? null,
    speedMethod: speed === null ? null : 'camera',
    speedUncertaintyPct: speed?.uncertaintyPct ?? null,
    lengthM: lengthOf(camera, lane, { motion, speed }),
  };
}

function speedOf(
  { plane, visible }: CameraDefinition,
  motion: TrackMotion,
  atMs: number,
): GroundSpeed | null {
  if (plane === null) return null;
  const { lastMs, boxHeightPx } = motion;
  const samples = motion.samples.filter(({ box }) => isFootSeen(box, visible));
  const newest = samples.filter((sample) => lastMs - sample.atMs <= SPEED_WINDOW_MS);
  const foot = { plane, boxHeightPx, atMs };
  return publishedSpeed(newest, foot) ?? publishedSpeed(samples, foot);
}

/**
 * The middle of what the remembered boxes say. They have to agree: one that jumps, or holds two vehicles, makes no
 * length. Boxes that grow or shrink fast make none at all, because a tracker follows their size late.
 */
function lengthOf(
  { plane, visible }: CameraDefinition,
  lane: Pick<CameraLaneDefinition, 'direction'>,
  { motion, speed }: { readonly motion: TrackMotion; readonly speed: GroundSpeed | null },
): number | null {
  const way = plane && (speed?.way ?? wayOnGround(lane, plane.matrix));
  if (plane === null || way === null) return null;
  const view = { plane, visible, way, class: motion.class };
  const asked = motion.samples.filter((_, index) => index % EVERY === 0);
  const measured = asked.flatMap((sample) => {
    const length = vehicleLength(sample.box, view);
    return length === null ? [] : [{ sample, lengthM: length.lengthM }];
  });
  if (measured.length < MIN_LENGTHS || measured.length * 2 < asked.length) return null;
  if (growthPerS(measured.map(({ sample }) => sample)) > MAX_GROWTH_PER_S) return null;
  const lengthsM = measured.map(({ lengthM }) => lengthM);
  const middleM = percentile(lengthsM, 0.5);
  const spreadM = Math.max(...lengthsM) - Math.min(...lengthsM);
  return 100 * spreadM <= MAX_LENGTH_UNCERTAINTY_PCT * middleM ? middleM : null;
}

/** How fast the width of a box changes, as a share of it in a second. */
function growthPerS(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return Number.POSITIVE_INFINITY;
  const widthOf = ({ box: [x1, , x2] }: Sample): number => Math.max(1, x2 - x1);
  return (Math.abs(Math.log(widthOf(last) / widthOf(first))) * MS_PER_S) / (last.atMs - first.atMs);
}
