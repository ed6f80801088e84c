import type { VisionConfiguration } from '../contract.ts';
import { type Box, iouOf } from './box.ts';
import { canBeOneRoadUser, type Detection } from './detections.ts';

export type SelfCheckPlan = NonNullable<VisionConfiguration['model']['selfCheck']>;

/** How far what a detector found lies from what its card expects. */
export interface SelfCheckResult {
  /** Null when the detector is right. */
  readonly problem: string | null;
  /** Least overlap (intersection over union) of an expected and its found box, 0 to 1. */
  readonly worstIou: number;
  /** Greatest difference of a score. */
  readonly worstScoreGap: number;
}

/**
 * Compares what was found in the known picture with what the card expects: each road user where it is and about
 * as sure, and nothing else that is clearly above the threshold. Which motor vehicle it is called may differ: that
 * changes with the size of the input, and wrong arithmetic shows in places and scores.
 *
 * @param found in pixels of the known picture
 */
export function checkDetections(
  found: readonly Detection[],
  plan: Pick<SelfCheckPlan, 'expect' | 'tolerance'>,
  scoreThreshold: number,
): SelfCheckResult {
  const left = new Set(found);
  let problem: string | null = null;
  let worstIou = 1;
  let worstScoreGap = 0;
  for (const { class: roadUser, boxPx, score } of plan.expect) {
    const match = nearestOf(left, boxPx);
    const iou = match === null ? 0 : iouOf(match.box, boxPx);
    const gap = match === null ? score : Math.abs(match.score - score);
    if (match !== null && iou > 0) left.delete(match);
    worstIou = Math.min(worstIou, iou);
    worstScoreGap = Math.max(worstScoreGap, gap);
    const isRight =
      match !== null &&
      canBeOneRoadUser(match.class, roadUser) &&
      iou >= plan.tolerance.iou &&
      gap <= plan.tolerance.score;
    if (!isRight) problem ??= `expected ${roadUser} ${score} at ${boxText(boxPx)}, found ${foundText(match)}`;
  }
  const extra = [...left].find(({ score }) => score > scoreThreshold + plan.tolerance.score);
  if (extra !== undefined) problem ??= `found ${foundText(extra)}, which is not there`;
  return { problem, worstIou, worstScoreGap };
}

function nearestOf(found: Iterable<Detection>, box: Box): Detection | null {
  let nearest: Detection | null = null;
  for (const each of found) {
    if (nearest === null || iouOf(each.box, box) > iouOf(nearest.box, box)) nearest = each;
  }
  return nearest;
}

function foundText(found: Detection | null): string {
  return found === null ? 'nothing' : `${found.class} ${found.score.toFixed(2)} at ${boxText(found.box)}`;
}

function boxText(box: Box): string {
  return `[${box.map((side) => Math.round(side)).join(', ')}]`;
}
