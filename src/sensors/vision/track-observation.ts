import { projectPoint } from '../../base/homography.ts';
import { round } from '../../base/units.ts';
import type { TrackPoint, VehicleTracks } from '../../traffic/observations/observation.ts';
import type { CameraPlan } from '../contract.ts';
import { boxInPicture, type PicturePlacement } from './camera-picture.ts';
import type { Track } from './tracker.ts';

/** Recordings stay short; the detector is no better. */
const PIXEL_DECIMALS = 1;
const METRE_DECIMALS = 2;
const SCORE_DECIMALS = 2;

/** One camera's picture and what the tracker made of it. */
export interface TrackedPicture {
  readonly camera: Pick<CameraPlan, 'id' | 'homography'>;
  readonly placement: PicturePlacement;
  readonly tracks: readonly Track[];
  readonly atMs: number;
}

/** What a picture's tracks claim about the road. */
export function observeTracks(picture: TrackedPicture): VehicleTracks {
  return {
    kind: 'vehicle-tracks',
    camera: picture.camera.id,
    atMs: picture.atMs,
    tracks: picture.tracks.map((track) => pointOf(track, picture)),
  };
}

function pointOf(track: Track, { camera, placement }: TrackedPicture): TrackPoint {
  const pixels = (value: number): number => round(value, PIXEL_DECIMALS);
  const [x1, y1, x2, y2] = boxInPicture(placement, track.box);
  const middle = (x1 + x2) / 2;
  const ground = camera.homography && projectPoint(camera.homography, [middle, y2]);
  return {
    track: track.track,
    class: track.class,
    score: round(track.score, SCORE_DECIMALS),
    box: [pixels(x1), pixels(y1), pixels(x2), pixels(y2)],
    foot: [pixels(middle), pixels(y2)],
    groundM: ground && [round(ground[0], METRE_DECIMALS), round(ground[1], METRE_DECIMALS)],
    coasting: track.coasting,
  };
}
