import { type Box, iouOf } from './box.ts';
import { canBeOneRoadUser, type Detection } from './detections.ts';
import { boxOf, classOf, isPartOfStanding, isStanding, type TrackState, uncertaintyOf } from './track.ts';

/** Below this overlap of the grown boxes nothing belongs together. */
const MIN_OVERLAP = 0.2;
/** What stands is where it was: less of it than this, and no part of it, is of who drives by. */
const MIN_STANDING_OVERLAP = 0.4;
/** A box is grown by at most this part of its size on each side: beyond, a neighbour fits as well. */
const MAX_GROWTH = 0.6;

export interface Pair {
  readonly track: number;
  readonly detection: number;
}

/**
 * Which detection continues which track: greedily by overlap, best first. Both boxes are grown by the track's
 * own uncertainty (Yang et al. 2023, C-BIoU), so that a vehicle seen once may move its own length until the
 * next picture, and one that is well known may not.
 *
 * @returns pairs of indexes; each index at most once
 */
export function associate(tracks: readonly TrackState[], detections: readonly Detection[]): readonly Pair[] {
  const pairs: (Pair & { overlap: number })[] = [];
  tracks.forEach((state, track) => {
    const box = boxOf(state);
    const roadUser = classOf(state);
    const margin = uncertaintyOf(state);
    detections.forEach((candidate, detection) => {
      if (!canBeOneRoadUser(roadUser, candidate.class)) return;
      const overlap = iouOf(grown(box, margin), grown(candidate.box, margin));
      if (overlap < MIN_OVERLAP) return;
      const isKept = overlap >= MIN_STANDING_OVERLAP || isPartOfStanding(state, candidate.box);
      if (isKept || !isStanding(state)) pairs.push({ track, detection, overlap });
    });
  });
  pairs.sort((a, b) => b.overlap - a.overlap);
  const taken = { tracks: new Set<number>(), detections: new Set<number>() };
  return pairs.filter(({ track, detection }) => {
    if (taken.tracks.has(track) || taken.detections.has(detection)) return false;
    taken.tracks.add(track);
    taken.detections.add(detection);
    return true;
  });
}

function grown(box: Box, margin: number): Box {
  const x = Math.min(margin, MAX_GROWTH * (box[2] - box[0]));
  const y = Math.min(margin, MAX_GROWTH * (box[3] - box[1]));
  return [box[0] - x, box[1] - y, box[2] + x, box[3] + y];
}
