import type { VehicleClass } from '../../traffic/observations/observation.ts';
import { areaOf, type Box, containmentOf, iouOf, unionOf } from './box.ts';

/** One road user in one picture, in pixels of the net's input. */
export interface Detection {
  readonly box: Box;
  readonly class: VehicleClass;
  /** 0 to 1. */
  readonly score: number;
}

export interface DecodingRules {
  /** Class of each score column, as the model card names them. */
  readonly labels: readonly string[];
  /** Rows below this are no claim at all. */
  readonly minScore: number;
  /** Boxes that overlap more than this (intersection over union) are one road user. */
  readonly iouThreshold: number;
  /** Greater boxes are no road user, in square pixels. */
  readonly maxAreaPx: number;
}

/**
 * From the score threshold on, a detection is a road user. Down to this share of it, it may only continue a
 * track (Zhang et al. 2022, ByteTrack: half-hidden vehicles score low and are still there).
 */
export const WEAK_SCORE_SHARE = 0.5;

/**
 * A box over most of the picture is the road itself: seen on motorway pictures as a steady `bus` or `train`
 * of 0.6 to 0.9 of the picture, with every vehicle inside it.
 */
export const SCENERY_AREA_SHARE = 0.5;

/** Columns before the class scores: x1, y1, x2, y2. */
export const BOX_COLUMNS = 4;

/** A detector draws half a car beside the whole car: such a box lies inside the other by this share, … */
const PART_CONTAINMENT = 0.7;
/** … and is not much smaller. A much smaller one is a car in front of a bus. */
const PART_AREA_SHARE = 0.25;
/** Share of a person's or two-wheeler's box inside the other from which the person rides it. */
const RIDER_CONTAINMENT = 0.5;

/** What each label of a model means on the road. A label that is not listed is no road user. */
const ROAD_USERS: Readonly<Record<string, VehicleClass>> = {
  person: 'person',
  bicycle: 'bicycle',
  car: 'car',
  motorcycle: 'motorcycle',
  bus: 'bus',
  truck: 'truck',
  // COCO has no other long vehicle: on a road `train` is some motor vehicle, seldom even a long one.
  train: 'unknown',
};

/**
 * The road users in one output of a `detections-with-class-scores` model.
 *
 * @param output rows of x1, y1, x2, y2 and one score for each label, in any order
 * @returns best score first, without duplicates
 */
export function decodeDetections(output: Float32Array, rules: DecodingRules): readonly Detection[] {
  const columns = BOX_COLUMNS + rules.labels.length;
  const candidates: Detection[] = [];
  for (let at = 0; at + columns <= output.length; at += columns) {
    const candidate = decodeRow(output.subarray(at, at + columns), rules);
    if (candidate !== null) candidates.push(candidate);
  }
  candidates.sort((a, b) => b.score - a.score);
  return withoutDuplicates(candidates, rules.iouThreshold);
}

function decodeRow(row: Float32Array, rules: DecodingRules): Detection | null {
  let best: VehicleClass | undefined;
  let score = 0;
  rules.labels.forEach((label, index) => {
    const own = row[BOX_COLUMNS + index] ?? 0;
    const roadUser = ROAD_USERS[label];
    if (roadUser === undefined || !(own > score)) return;
    best = roadUser;
    score = own;
  });
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = row;
  // Written so that a NaN from a damaged output is refused, too.
  const area = areaOf([x1, y1, x2, y2]);
  if (best === undefined || !(score >= rules.minScore) || !(area > 0 && area <= rules.maxAreaPx)) return null;
  return { box: [x1, y1, x2, y2], class: best, score: Math.min(1, score) };
}

/** Greedy non-maximum suppression over all classes; a rider and the two-wheeler become one. */
function withoutDuplicates(sorted: readonly Detection[], iouThreshold: number): readonly Detection[] {
  const kept: Detection[] = [];
  for (const candidate of sorted) {
    const index = kept.findIndex((better) => isSameRoadUser({ better, candidate, iouThreshold }));
    const better = kept[index];
    if (better === undefined) kept.push(candidate);
    else if (isRiderPair(better, candidate)) kept[index] = ridden(better, candidate);
  }
  return kept;
}

function isSameRoadUser(pair: { better: Detection; candidate: Detection; iouThreshold: number }): boolean {
  const { better, candidate, iouThreshold } = pair;
  if (isRiderPair(better, candidate)) return true;
  // A pedestrian before a car is not a second box of the car.
  if (!canBeOneRoadUser(better.class, candidate.class)) return false;
  if (iouOf(better.box, candidate.box) > iouThreshold) return true;
  if (isSlender(better.class) || isSlender(candidate.class)) return false;
  const [small, large] = [areaOf(better.box), areaOf(candidate.box)].sort((a, b) => a - b);
  return (
    containmentOf(better.box, candidate.box) > PART_CONTAINMENT &&
    (small ?? 0) >= PART_AREA_SHARE * (large ?? 0)
  );
}

/** Whether two looks at one road user may differ by these classes: all but a person and a motor vehicle. */
export function canBeOneRoadUser(a: VehicleClass, b: VehicleClass): boolean {
  return (a === 'person') === (b === 'person') || (isSlender(a) && isSlender(b));
}

function isRiderPair(a: Detection, b: Detection): boolean {
  const personAndTwoWheeler =
    (a.class === 'person' && isTwoWheeler(b.class)) || (b.class === 'person' && isTwoWheeler(a.class));
  return personAndTwoWheeler && containmentOf(a.box, b.box) > RIDER_CONTAINMENT;
}

function ridden(a: Detection, b: Detection): Detection {
  return {
    box: unionOf(a.box, b.box),
    class: isTwoWheeler(a.class) ? a.class : b.class,
    score: Math.max(a.score, b.score),
  };
}

function isTwoWheeler(roadUser: VehicleClass): boolean {
  return roadUser === 'motorcycle' || roadUser === 'bicycle';
}

function isSlender(roadUser: VehicleClass): boolean {
  return roadUser === 'person' || isTwoWheeler(roadUser);
}
