import { areaOf, type Box, intersectionOf, iouOf } from '../../src/sensors/vision/box.ts';

/** What people drew in one picture, for one class. */
export interface DrawnBox {
  readonly picture: string;
  readonly box: Box;
  /** Neither required nor an error: too far, or its class is debatable. */
  readonly ignore: boolean;
}

export interface ScoredBox {
  readonly picture: string;
  readonly box: Box;
  readonly score: number;
}

export interface AveragePrecision {
  readonly objects: number;
  /** Area below the envelope of precision over recall, 0 to 1; null without an object. */
  readonly ap50: number | null;
}

/** Overlap (intersection over union) from which a detection is of an object. */
const MATCH_IOU = 0.5;
/** Share of a detection within a region to ignore from which it is ignored. */
const IGNORE_SHARE = 0.5;

/**
 * Average precision at an overlap of 0.5, over all points of the curve (PASCAL VOC 2010): detections in the
 * order of their scores, each object found once.
 */
export function averagePrecision(
  drawn: readonly DrawnBox[],
  detected: readonly ScoredBox[],
): AveragePrecision {
  const objects = drawn.filter(({ ignore }) => !ignore).length;
  const found = new Set<DrawnBox>();
  const curve: { recall: number; precision: number }[] = [];
  let judged = 0;
  for (const detection of [...detected].sort((a, b) => b.score - a.score)) {
    const inPicture = drawn.filter(({ picture }) => picture === detection.picture);
    const object = bestOf(
      inPicture.filter((each) => !each.ignore && !found.has(each)),
      detection.box,
    );
    if (object === null && inPicture.some((each) => each.ignore && liesIn(detection.box, each.box))) continue;
    if (object !== null) found.add(object);
    judged += 1;
    curve.push({ recall: found.size / Math.max(1, objects), precision: found.size / judged });
  }
  return { objects, ap50: objects === 0 ? null : areaBelow(curve) };
}

function bestOf(objects: readonly DrawnBox[], box: Box): DrawnBox | null {
  const fitting = objects.filter((object) => iouOf(object.box, box) >= MATCH_IOU);
  return fitting.sort((a, b) => iouOf(b.box, box) - iouOf(a.box, box))[0] ?? null;
}

function liesIn(box: Box, region: Box): boolean {
  return iouOf(box, region) >= MATCH_IOU || intersectionOf(box, region) >= IGNORE_SHARE * areaOf(box);
}

function areaBelow(curve: readonly { readonly recall: number; readonly precision: number }[]): number {
  let area = 0;
  let envelope = 0;
  for (let at = curve.length - 1; at >= 0; at -= 1) {
    const { recall = 0, precision = 0 } = curve[at] ?? {};
    envelope = Math.max(envelope, precision);
    area += envelope * (recall - (curve[at - 1]?.recall ?? 0));
  }
  return area;
}
