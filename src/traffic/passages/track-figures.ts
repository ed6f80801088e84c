import { percentile } from '../flow/mean-speed.ts';
import { wayOnGround } from '../lane-ground.ts';
import type { CameraDefinition, CameraLaneDefinition } from '../site-definition.ts';
import { type GroundSpeed, publishedSpeed } from './ground-speed.ts';
import type { CompletedPassage } from './passage.ts';
import type { TrackMotion } from './track-motion.ts';
import { vehicleLength } from './vehicle-length.ts';

/** The window for a spot speed at the line, ms; where that leaves too much open, all that is remembered. */
const SPEED_WINDOW_MS = 1000;
/** A length takes a while to work out, and neighbouring boxes say the same: every so many-th is asked. */
const EVERY = 4;

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

function speedOf({ plane }: CameraDefinition, motion: TrackMotion, atMs: number): GroundSpeed | null {
  if (plane === null) return null;
  const { samples, lastMs, boxHeightPx } = motion;
  const newest = samples.filter((sample) => lastMs - sample.atMs <= SPEED_WINDOW_MS);
  const foot = { plane, boxHeightPx, atMs };
  return publishedSpeed(newest, foot) ?? publishedSpeed(samples, foot);
}

/** The middle of what the remembered boxes say: one that jumps, or holds two vehicles, does not make a length. */
function lengthOf(
  { plane, visible }: CameraDefinition,
  lane: Pick<CameraLaneDefinition, 'direction'>,
  { motion, speed }: { readonly motion: TrackMotion; readonly speed: GroundSpeed | null },
): number | null {
  const way = plane && (speed?.way ?? wayOnGround(lane, plane.matrix));
  if (plane === null || way === null) return null;
  const view = { plane, visible, way, class: motion.class };
  const boxes = motion.samples.filter((_, index) => index % EVERY === 0).map(({ box }) => box);
  const lengthsM = boxes.flatMap((box) => vehicleLength(box, view)?.lengthM ?? []);
  return lengthsM.length * 2 < boxes.length ? null : percentile(lengthsM, 0.5);
}
