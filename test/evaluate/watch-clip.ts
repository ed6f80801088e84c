import { MS_PER_S } from '../../src/base/units.ts';
import { createCameraSampling } from '../../src/sensors/camera-sampling.ts';
import { inputOf, placePicture } from '../../src/sensors/vision/camera-picture.ts';
import type { DetectorSession } from '../../src/sensors/vision/detector-session.ts';
import { observeObjects } from '../../src/sensors/vision/still-objects/object-observation.ts';
import { createStillObjects } from '../../src/sensors/vision/still-objects/still-objects.ts';
import { observeTracks } from '../../src/sensors/vision/track-observation.ts';
import { createTracker } from '../../src/sensors/vision/tracker.ts';
import type { Observation, VehicleTracks } from '../../src/traffic/observations/observation.ts';
import type { TrafficRecord } from '../../src/traffic/record.ts';
import { foldSite } from '../../src/traffic/site.ts';
import { createSiteState } from '../../src/traffic/site-state.ts';
import { clipPictures } from './clip-pictures.ts';
import type { SceneSite } from './scene-site.ts';

/** What the service makes of a clip. Stamps are ms from EPOCH_MS, which is the clip's first picture. */
export interface WatchedClip {
  readonly records: readonly TrafficRecord[];
  readonly pictures: number;
  /** Lets the clip be drawn; one entry per picture. */
  readonly tracks: readonly VehicleTracks[];
}

/** Some day: wall clock of a clip's first picture. */
export const EPOCH_MS = Date.UTC(2026, 0, 5);

/** Decodes, detects, tracks and folds one clip as the service does, as fast as the machine allows. */
export async function watchClip(options: {
  readonly file: string;
  readonly site: SceneSite;
  readonly detector: Pick<DetectorSession, 'detect'>;
}): Promise<WatchedClip> {
  const { file, site, detector } = options;
  const { camera, model, definition } = site;
  const placement = placePicture(camera, model);
  const tracker = createTracker({
    scoreThreshold: model.scoreThreshold,
    widthPx: placement.scaledWidthPx,
    heightPx: placement.scaledHeightPx,
  });
  const still = createStillObjects(placement);
  const sampling = createCameraSampling(camera, 0);
  const records: TrafficRecord[] = [];
  const tracks: VehicleTracks[] = [];
  let state = createSiteState('evaluation');
  let sampledMs = 0;
  let due = 0;
  for await (const { pixels, atMs } of clipPictures({ ...camera, file, placement })) {
    const seen = tracker.update(await detector.detect(pixels, inputOf(placement)), atMs);
    const observation = observeTracks({ camera, placement, tracks: seen, atMs });
    const objects = still.look(pixels, seen, atMs);
    const observations: Observation[] = [
      observation,
      ...observeObjects({ camera, placement, objects, atMs }),
    ];
    sampling.looked();
    due += 1;
    if (atMs - sampledMs >= MS_PER_S) {
      observations.push(sampling.sample({ state: 'working', dueFrames: due }, atMs));
      sampledMs = atMs;
    }
    const now = { monoMs: atMs, wallMs: EPOCH_MS + atMs, quality: 'synced' } as const;
    const fold = foldSite(definition, state, observations, now);
    state = fold.state;
    records.push(...fold.records);
    tracks.push(observation);
  }
  return { records, pictures: tracks.length, tracks };
}
