import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type LoadedSite, loadSite } from '../catalog/load/load-site.ts';
import type { Camera } from '../catalog/schema/site.ts';
import { shippedFolders } from '../catalog/shipped.ts';
import { visionConfigurationSchema } from '../sensors/contract/vision-plan.ts';
import { planVision } from './plans.ts';

const loaded = await loadSite(join(import.meta.dirname, '../../config/example-site.yaml'), shippedFolders);

/** What the vision process is given when each camera of the example site is changed so. */
function planned(change: (camera: Camera) => Camera = (camera) => camera, site: LoadedSite = loaded) {
  // The example's passwords lie on no machine of ours.
  const cameras = site.site.cameras.map((camera): Camera => {
    const { source, ...rest } = change(camera);
    return { ...rest, source: source.kind === 'file' ? source : { kind: source.kind, url: source.url } };
  });
  const plan = planVision({ ...site, site: { ...site.site, cameras } });
  if (plan?.kind !== 'planned') throw new RangeError('the example site has cameras');
  return visionConfigurationSchema.parse(plan.configuration);
}
const viewsOf = (change?: (camera: Camera) => Camera) => planned(change).cameras.map(({ view }) => view);

test('each camera keeps its usual view beside the store, under its own name', () => {
  const files = viewsOf().map((view) => view?.file);
  expect(files.every((file) => file?.includes('/views/'))).toBe(true);
  expect(new Set(files).size).toBe(loaded.site.cameras.length);
});

test('a view belongs to what was drawn on it, and not to how it is fetched', () => {
  const [before] = viewsOf();
  const [redrawn] = viewsOf((camera) => ({
    ...camera,
    lanes: camera.lanes.map((lane, at) =>
      at > 0
        ? lane
        : {
            ...lane,
            countLine: [
              [1, 1],
              [90, 1],
            ],
          },
    ),
  }));
  const [faster] = viewsOf((camera) => ({ ...camera, framesPerSecond: 5 }));
  expect(redrawn).toEqual({ file: before?.file, key: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(redrawn?.key).not.toBe(before?.key);
  expect(faster).toEqual(before);
});

test('the detector is told what all cameras ask for together; more detail counts by its area', () => {
  const asked = (detail: Camera['detail']) =>
    planned((camera) => ({ ...camera, detail, framesPerSecond: 8 })).model.picturesPerS;
  const normal = 8 * loaded.site.cameras.length;
  expect(asked('normal')).toBe(normal);
  expect(asked('high')).toBeCloseTo((normal * 640 * 384) / (416 * 256), 6);
});
