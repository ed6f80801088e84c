import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { planVision } from '../../src/app/plans.ts';
import { deriveSiteDefinition } from '../../src/catalog/derive/site-definition.ts';
import { loadSite } from '../../src/catalog/load/load-site.ts';
import { shippedFolders } from '../../src/catalog/shipped.ts';
import type { CameraPlan, VisionConfiguration } from '../../src/sensors/contract.ts';
import type { SiteDefinition } from '../../src/traffic/site-definition.ts';
import type { Scene } from './scene.ts';

/** A scene as the service would be given it: through a site file, with all its checks and defaults. */
export interface SceneSite {
  readonly definition: SiteDefinition;
  readonly model: VisionConfiguration['model'];
  readonly camera: CameraPlan;
}

const APPROACH = 'clip';

/** Id of the lane at this place of the scene. */
export function laneIdAt(index: number): string {
  return `${APPROACH}-${index + 1}`;
}

/** Throws what loading a site file throws: a scene is drawn as carefully as a site. */
export async function siteOfScene(scene: Scene, clip: string): Promise<SceneSite> {
  const folder = await mkdtemp(join(tmpdir(), 'roadside-evaluate-'));
  try {
    const file = join(folder, 'site.yaml');
    await writeFile(file, siteFile(scene, clip));
    const loaded = await loadSite(file, shippedFolders);
    const plan = planVision(loaded);
    if (plan?.kind === 'impossible') throw plan.problem;
    const camera = plan?.configuration.cameras[0];
    if (plan === null || camera === undefined) throw new RangeError('a scene has one camera');
    const { site, drivers, configRev } = loaded;
    const definition = deriveSiteDefinition({ site, drivers, configRev });
    return { definition, model: plan.configuration.model, camera };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function siteFile({ lanes, note: _note, ...view }: Scene, clip: string): string {
  return stringify({
    version: 1,
    site: { id: 'evaluation', name: 'Evaluation' },
    approaches: [
      { id: APPROACH, name: 'Clip', lanes: lanes.map(({ kind }, index) => ({ number: index + 1, kind })) },
    ],
    cameras: [
      {
        id: 'clip',
        source: { kind: 'file', path: clip },
        ...view,
        lanes: lanes.map(({ counts: _counts, kind: _kind, ...drawn }, index) => ({
          lane: laneIdAt(index),
          ...drawn,
        })),
      },
    ],
    uplink: { url: 'mqtt://127.0.0.1:1883' },
  });
}
