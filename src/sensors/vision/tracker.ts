import type { VehicleClass } from '../../traffic/observations/observation.ts';
import { associate } from './association.ts';
import { type Box, containmentOf, iouOf } from './box.ts';
import { canBeOneRoadUser, type Detection, isSlender } from './detections.ts';
import {
  boxOf,
  classOf,
  correctTrack,
  isStanding,
  predictTrack,
  startTrack,
  type TrackState,
} from './track.ts';

/** A confirmed road user at the time of one picture. Boxes as those of the detections. */
export interface Track {
  /** Counts up from 1; never used again. */
  readonly track: number;
  readonly class: VehicleClass;
  /** Of the last detection. */
  readonly score: number;
  readonly box: Box;
  /** This picture did not show it: the box is a prediction. */
  readonly coasting: boolean;
}

export interface Tracker {
  /**
   * Takes one picture's detections and returns the confirmed tracks, oldest first.
   *
   * @param atMs monotonic; the interval between two pictures may vary
   */
  update(detections: readonly Detection[], atMs: number): readonly Track[];
  /** Road users that were not followed because MAX_TRACKS were already. */
  readonly refused: number;
}

export interface TrackerOptions {
  /** From this score on a detection may begin a track; weaker ones only continue one. */
  readonly scoreThreshold: number;
  /** Size of the camera's picture within the net's input: who is lost at its border has left. */
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Fewer than the contract's limit of tracks in one observation. */
export const MAX_TRACKS = 200;
/** How long a track is followed before it is believed: single boxes on shadows and half cars come and go. */
const CONFIRMING_MS = 150;
/** So many of its detections must be strong: kerbs and bushes flicker below the threshold for minutes. */
const CONFIRMING_STRONG_HITS = 2;
/** Kerbs and bushes that look like vehicles do so in few pictures: a track that fades to this is given up. */
const FADED = 0.1;
/** A box that shares this much of the smaller one with a vehicle that is seen … */
const PART_CONTAINMENT = 0.5;
/** … and stands as far down the picture, within this share of the taller box, is a part of it. */
const PART_FOOT_SHARE = 0.35;
/** So is one that lies within its box by this much and does not reach as far down. */
const HIDDEN_CONTAINMENT = 0.65;
/** So is one that begins nearer to the camera and overlaps it by this: nothing has hidden it until now. */
const NEARER_CONTAINMENT = 0.3;
/**
 * So is one that begins above a moving vehicle and ends within it, less than half as wide and more than half as high:
 * a windscreen above a bonnet. What drives behind is narrower and lower in the same measure.
 */
const STACKED_SHARE = 0.5;
/** A track that is not yet believed, or leaves the picture, may be missing for this long. */
const BRIEF_COAST_MS = 250;
/** A prediction that overlaps a track that was seen by more than this is of the same road user. */
const TAKEN_OVER_IOU = 0.5;
/** A box that comes this close to the picture's border, as a share of its size, is leaving or entering. */
const BORDER_SHARE = 0.02;
/** What the last picture showed is looked for in the next, even at one picture a second. */
const LONGEST_INTERVAL_MS = 1500;
/** The time behind a lorry or a sign. Longer predictions are guesses. */
const COAST_MS = 1000;
/** A standing vehicle is still there when traffic hides it. */
const STANDING_COAST_MS = 10_000;

/**
 * Follows road users through pictures in two rounds (Zhang et al. 2022, ByteTrack): strong detections first,
 * then what is left of the tracks may be continued by weak ones. Only strong detections begin a track.
 */
export function createTracker(options: TrackerOptions): Tracker {
  let tracks: readonly TrackState[] = [];
  let lastAtMs: number | null = null;
  let confirmed = 0;
  let refused = 0;

  return {
    get refused() {
      return refused;
    },
    update(detections, atMs) {
      const seconds = Math.max(0, atMs - (lastAtMs ?? atMs)) / 1000;
      const seenBefore = lastAtMs;
      lastAtMs = atMs;
      const expected = tracks
        .map((track) => ({ track, seen: track.seenAtMs === seenBefore }))
        .filter(({ track, seen }) => {
          const missingMs = atMs - track.seenAtMs;
          return missingMs <= patienceWith(track, options) || (seen && missingMs <= LONGEST_INTERVAL_MS);
        })
        .map(({ track, seen }) => predictTrack(track, { seconds, seen, standing: isStanding(track) }));

      const strong = detections.filter((each) => each.score >= options.scoreThreshold);
      const weak = detections.filter((each) => each.score < options.scoreThreshold);
      const known = continueTracks(expected.filter(isConfirmed), { detections: strong, atMs, weak: false });
      const hidden = continueTracks(known.missed, { detections: weak, atMs, weak: true });
      const young = continueTracks(expected.filter(isUnconfirmed), {
        detections: known.left,
        atMs,
        weak: false,
      });
      const youngHidden = continueTracks(young.missed, { detections: hidden.left, atMs, weak: true });

      const seenNow = [...known.continued, ...hidden.continued];
      const kept = [
        ...known.continued,
        ...hidden.continued,
        ...withoutGhosts(hidden.missed, seenNow),
        ...withoutParts([...young.continued, ...youngHidden.continued, ...youngHidden.missed], seenNow),
      ]
        .filter((track) => track.clarity > FADED)
        .map((track) =>
          isUnconfirmed(track) && isBelieved(track) ? { ...track, track: ++confirmed } : track,
        );
      const beginning = young.left.filter(
        ({ box, class: roadUser }) => !seenNow.some((whole) => isPartOf(whole, box, roadUser)),
      );
      const begun = beginning.slice(0, Math.max(0, MAX_TRACKS - kept.length));
      refused += beginning.length - begun.length;
      tracks = [...kept, ...begun.map((detection) => startTrack(detection, atMs))];
      return tracks
        .filter(isConfirmed)
        .sort((a, b) => a.track - b.track)
        .map((track) => ({
          track: track.track,
          class: classOf(track),
          score: track.score,
          box: boxOf(track),
          coasting: track.seenAtMs !== atMs,
        }));
    },
  };
}

interface Round {
  readonly continued: readonly TrackState[];
  readonly missed: readonly TrackState[];
  /** Detections that continue no track. */
  readonly left: readonly Detection[];
}

function continueTracks(
  tracks: readonly TrackState[],
  seen: { readonly detections: readonly Detection[]; readonly atMs: number; readonly weak: boolean },
): Round {
  const { detections, atMs, weak } = seen;
  const detectionOf = new Map(associate(tracks, detections).map((pair) => [pair.track, pair.detection]));
  const used = new Set(detectionOf.values());
  const continued: TrackState[] = [];
  const missed: TrackState[] = [];
  tracks.forEach((track, index) => {
    const detection = detections[detectionOf.get(index) ?? -1];
    if (detection === undefined) missed.push(track);
    else continued.push(correctTrack(track, { detection, atMs, weak }));
  });
  return { continued, missed, left: detections.filter((_, index) => !used.has(index)) };
}

function isConfirmed(track: TrackState): boolean {
  return track.track > 0;
}

function isUnconfirmed(track: TrackState): boolean {
  return track.track === 0;
}

function isBelieved({ begunAtMs, seenAtMs, strongHits }: TrackState): boolean {
  return seenAtMs - begunAtMs >= CONFIRMING_MS && strongHits >= CONFIRMING_STRONG_HITS;
}

function withoutParts(young: readonly TrackState[], seen: readonly TrackState[]): readonly TrackState[] {
  return young.filter((track) => !seen.some((whole) => isPartOf(whole, boxOf(track), classOf(track))));
}

/**
 * A detector that draws a lorry's cab and the whole lorry by turns, or a load on a roof, has seen one vehicle.
 * What stands farther away than a vehicle is hidden by it, so a box within another that ends above it is a part. By
 * night an oncoming car may be a cabin and, below it, its lamps.
 */
function isPartOf(whole: TrackState, box: Box, roadUser: VehicleClass): boolean {
  if (!canBeOneRoadUser(classOf(whole), roadUser)) return false;
  const [, top, , foot] = boxOf(whole);
  const height = Math.max(foot - top, box[3] - box[1]);
  const contained = containmentOf(boxOf(whole), box);
  if (isStackedOn(whole, box) && !isSlender(roadUser)) return true;
  const level = Math.abs(foot - box[3]) < PART_FOOT_SHARE * height;
  if (level) return contained > PART_CONTAINMENT;
  return contained > (box[3] < foot ? HIDDEN_CONTAINMENT : NEARER_CONTAINMENT);
}

function isStackedOn(whole: TrackState, [x1, y1, x2, y2]: Box): boolean {
  const [left, top, right, foot] = boxOf(whole);
  const middle = (x1 + x2) / 2;
  const isWithin = middle > left && middle < right && y1 < top && y2 > top && y2 < foot;
  const isNarrow = x2 - x1 < STACKED_SHARE * (right - left);
  return isWithin && isNarrow && y2 - y1 > STACKED_SHARE * (foot - top) && !isStanding(whole);
}

/** Leaves out moving tracks that another has taken over: both would be counted. */
function withoutGhosts(
  missed: readonly TrackState[],
  continued: readonly TrackState[],
): readonly TrackState[] {
  return missed.filter(
    (ghost) =>
      isStanding(ghost) || !continued.some((seen) => iouOf(boxOf(ghost), boxOf(seen)) > TAKEN_OVER_IOU),
  );
}

/** How long a track may go on without a detection, in ms. */
function patienceWith(track: TrackState, options: TrackerOptions): number {
  if (isUnconfirmed(track)) return BRIEF_COAST_MS;
  if (isStanding(track)) return STANDING_COAST_MS;
  return isLeaving(track, options) ? BRIEF_COAST_MS : COAST_MS;
}

/**
 * A box at the picture's border is cut off there: which way its vehicle goes is seen at the opposite edge. One that
 * comes in is looked for as long as any other.
 */
function isLeaving(track: TrackState, { widthPx, heightPx }: TrackerOptions): boolean {
  const [x1, y1, x2, y2] = boxOf(track);
  const [x, y] = [BORDER_SHARE * widthPx, BORDER_SHARE * heightPx];
  const { footX, footY, width, height } = track;
  return (
    (x1 < x && footX.rate + width.rate / 2 <= 0) ||
    (x2 > widthPx - x && footX.rate - width.rate / 2 >= 0) ||
    (y1 < y && footY.rate <= 0) ||
    (y2 > heightPx - y && footY.rate - height.rate >= 0)
  );
}
