import { MS_PER_S } from '../../base/units.ts';
import type { IncidentRules } from '../site-definition.ts';
import type { Stay } from './track-conduct.ts';

/** Fewer vehicles than this are no queue. */
const LEAST_VEHICLES = 3;
/** A queue that was too long is so while it keeps this share of the limit: fronts and ends flicker. */
const STAYS_SHARE = 0.8;
/** Stop-and-go: a queue that dissolves for so long is the same queue. */
const GAP_MS = 5000;

/** Since when the queue of a lane has been too long, and when it was last. */
export type TooLong = Pick<Stay, 'sinceMs' | 'lastMs'>;

/** A queue over this share of a lane that is seen for less than the limit goes on out of sight. */
const FILLS_SHARE = 0.8;

/** How long a queue is: in metres where that can be had, and as a share of the drawn lane where not. */
export interface QueueSize {
  readonly vehicles: number;
  readonly lengthM: number | null;
  /** How many metres of the lane are drawn; null where that is unknown. */
  readonly drawnM: number | null;
  readonly sharePct: number;
}

/** Judges the queue of one lane at one picture; null when it is not too long. */
export function judgeQueue(
  known: TooLong | null,
  { vehicles, lengthM, drawnM, sharePct }: QueueSize,
  rules: IncidentRules['congestion'],
  atMs: number,
): TooLong | null {
  const limitM = Math.min(rules.queueLengthM, FILLS_SHARE * (drawnM ?? Number.POSITIVE_INFINITY));
  const [length, limit] = lengthM === null ? [sharePct, rules.laneSharePct] : [lengthM, limitM];
  const enough = (known === null ? 1 : STAYS_SHARE) * limit;
  if (vehicles >= LEAST_VEHICLES && length >= enough)
    return { sinceMs: known?.sinceMs ?? atMs, lastMs: atMs };
  return known !== null && atMs - known.lastMs <= GAP_MS ? known : null;
}

/** Whether it has been too long for longer than vehicles wait there by design. */
export function outlasts({ sinceMs }: TooLong, waitS: number, atMs: number): boolean {
  return atMs - sinceMs >= waitS * MS_PER_S;
}
