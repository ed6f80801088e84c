import { beforeAll, expect, test } from 'vitest';
import { openDetectorSession } from '../../src/sensors/vision/detector-session.ts';
import { NORTH_CLIP_FILE, type NorthTruth, readNorthTruth } from '../../src/simulator/clip/north-truth.ts';
import type { TruePassage } from '../../src/simulator/traffic/road-change.ts';
import type { VehicleTracks } from '../../src/traffic/observations/observation.ts';
import type { PassageRecord } from '../../src/traffic/record.ts';
import { foldSite } from '../../src/traffic/site.ts';
import { createSiteState } from '../../src/traffic/site-state.ts';
import { sceneSchema } from '../evaluate/scene.ts';
import { type SceneSite, siteOfScene } from '../evaluate/scene-site.ts';
import { EPOCH_MS, watchClip } from '../evaluate/watch-clip.ts';

/** A counted vehicle is the one that was over the line within this time; heavy ones are seen late. */
const SAME_VEHICLE_MS = 300;

type Marks = NorthTruth['groundPlane'];

let truth: NorthTruth;
let tracks: readonly VehicleTracks[];

function siteWithMarks(groundPlane: Marks): Promise<SceneSite> {
  const { picture, crop } = truth.camera;
  const lanes = truth.lanes.map(({ polygon, countLine, direction }) => {
    return { kind: 'through', polygon, countLine, direction };
  });
  return siteOfScene(sceneSchema.parse({ picture, crop, groundPlane, lanes }), NORTH_CLIP_FILE);
}

/** The simulated clip through decoder, detector and tracker, once: what follows is calibration and folding. */
beforeAll(async () => {
  truth = await readNorthTruth();
  const site = await siteWithMarks(truth.groundPlane);
  const detector = await openDetectorSession(site.model);
  ({ tracks } = await watchClip({ file: NORTH_CLIP_FILE, site, detector }));
}, 400_000);

interface Measured {
  readonly passage: PassageRecord;
  readonly vehicle: TruePassage;
}

async function measured(marks: Marks): Promise<readonly Measured[]> {
  const { definition } = await siteWithMarks(marks);
  let state = createSiteState('speeds');
  const passages: PassageRecord[] = [];
  for (const picture of tracks) {
    const now = { monoMs: picture.atMs, wallMs: EPOCH_MS + picture.atMs, quality: 'synced' } as const;
    const fold = foldSite(definition, state, [picture], now);
    state = fold.state;
    for (const record of fold.records) if (record.stream === 'passage') passages.push(record);
  }
  return passages.flatMap((passage) => {
    const lane = truth.lanes[Number(passage.lane.split('-')[1]) - 1]?.lane;
    const vehicle = truth.passages.find(
      (each) =>
        each.lane === lane && Math.abs(each.atMs - (passage.observedAtMs - EPOCH_MS)) <= SAME_VEHICLE_MS,
    );
    return vehicle === undefined ? [] : [{ passage, vehicle }];
  });
}

function heldOf(vehicles: readonly Measured[]): { readonly speeds: number; readonly held: number } {
  const withSpeed = vehicles.filter(({ passage }) => passage.speedKmh !== null);
  const held = withSpeed.filter(({ passage: { speedKmh, speedUncertaintyPct }, vehicle }) => {
    const bound = ((speedKmh ?? 0) * (speedUncertaintyPct ?? 0)) / 100;
    return Math.abs((speedKmh ?? 0) - vehicle.speedKmh) <= bound;
  });
  return { speeds: withSpeed.length, held: held.length };
}

test('the speeds that a camera measures hold the true ones within what they leave open', async () => {
  const { speeds, held } = heldOf(await measured(truth.groundPlane));
  expect(speeds).toBeGreaterThan(30);
  expect(held / speeds).toBeGreaterThanOrEqual(0.95);
});

test('with a tape that was read a third too long they do not', async () => {
  const longer = truth.groundPlane.map(({ px, m }) => ({ px, m: [m[0], m[1] * 1.33] as const }));
  const { speeds, held } = heldOf(await measured(longer));
  expect(speeds).toBeGreaterThan(30);
  expect(held / speeds).toBeLessThan(0.2);
});
