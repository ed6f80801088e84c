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
  /**
   * Boxes that overlap more than this (intersection over union) are one road user; null for a net that was
   * trained to say each road user once.
   */
  readonly iouThreshold: number | null;
  /** Greater boxes are no road user, in square pixels. */
  readonly maxAreaPx: number;
}

/** What a net claims, however its outputs are laid out: so many boxes and how much each looks like each label. */
export interface Claims {
  readonly count: number;
  /** 0 to 1. */
  scoreAt(row: number, label: number): number;
  /** In pixels of the net's input. */
  boxAt(row: number): Box;
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

/** A detector draws half a car beside the whole car: such a box lies inside the other by this share, … */
const PART_CONTAINMENT = 0.7;
/** … and is not much smaller. A much smaller one is a car in front of a bus. */
const PART_AREA_SHARE = 0.25;
/** Share of a person's or two-wheeler's box inside the other from which the person rides it. */
const RIDER_CONTAINMENT = 0.5;

/**
 * Claims that are looked at, best first: more than the candidates of a crowded picture. A net whose scores are
 * not what its card says may claim every cell, and comparing each with each would stop the cameras.
 */
const CLAIM_LIMIT = 1000;

/** What each label of a model means on the road. A label that is not listed is no road user. */
const ROAD_USERS: Readonly<Record<string, VehicleClass>> = {
  person: 'person',
  pedestrian: 'person',
  bicycle: 'bicycle',
  car: 'car',
  van: 'van',
  motorcycle: 'motorcycle',
  motorbike: 'motorcycle',
  bus: 'bus',
  truck: 'truck',
  // COCO has no other long vehicle: on a road `train` is some motor vehicle, seldom even a long one.
  train: 'unknown',
};

/** Whether a label means a road user. */
export function isRoadUser(label: string): boolean {
  return Object.hasOwn(ROAD_USERS, label);
}

/**
 * The road users among a net's claims.
 *
 * @returns best score first, without duplicates
 */
export function detectionsOf(claims: Claims, rules: DecodingRules): readonly Detection[] {
  const columns = rules.labels.flatMap((label, index) => {
    const roadUser = isRoadUser(label) ? ROAD_USERS[label] : undefined;
    return roadUser === undefined ? [] : [{ index, roadUser }];
  });
  const candidates: Detection[] = [];
  for (let row = 0; row < claims.count; row += 1) {
    let best: VehicleClass | undefined;
    let score = 0;
    for (const { index, roadUser } of columns) {
      const own = claims.scoreAt(row, index);
      if (!(own > score)) continue;
      best = roadUser;
      score = own;
    }
    if (best === undefined || !(score >= rules.minScore)) continue;
    const box = claims.boxAt(row);
    const area = areaOf(box);
    // Written so that a NaN from a damaged output is refused, too.
    if (area > 0 && area <= rules.maxAreaPx) candidates.push({ box, class: best, score: Math.min(1, score) });
  }
  candidates.sort((a, b) => b.score - a.score);
  return withoutDuplicates(candidates.slice(0, CLAIM_LIMIT), rules.iouThreshold);
}

/** Greedy non-maximum suppression over all classes; a rider and the two-wheeler become one. */
function withoutDuplicates(sorted: readonly Detection[], iouThreshold: number | null): readonly Detection[] {
  const kept: Detection[] = [];
  for (const candidate of sorted) {
    const index = kept.findIndex((better) => isSameRoadUser({ better, candidate, iouThreshold }));
    const better = kept[index];
    if (better === undefined) kept.push(candidate);
    else if (isRiderPair(better, candidate)) kept[index] = ridden(better, candidate);
  }
  return kept;
}

function isSameRoadUser(pair: {
  readonly better: Detection;
  readonly candidate: Detection;
  readonly iouThreshold: number | null;
}): boolean {
  const { better, candidate, iouThreshold } = pair;
  if (isRiderPair(better, candidate)) return true;
  if (iouThreshold === null) return false;
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

export function isSlender(roadUser: VehicleClass): boolean {
  return roadUser === 'person' || isTwoWheeler(roadUser);
}
