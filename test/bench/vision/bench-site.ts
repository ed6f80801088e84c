import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readNorthTruth } from '../../../src/simulator/clip/north-truth.ts';

/** Pictures analysed in a second unless a part asks for more: the default of a site file. */
export const SERVICE_FPS = 10;

export type BenchSource =
  | { readonly kind: 'rtsp'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string; readonly loop: true };

/**
 * Writes the site file of a cabinet whose every camera looks at an approach of three lanes.
 *
 * @returns its path
 */
export async function writeBenchSite(options: {
  readonly folder: string;
  /** One for each camera. */
  readonly sources: readonly BenchSource[];
  readonly framesPerSecond: number;
  readonly brokerUrl?: string;
  readonly storeFile?: string;
}): Promise<string> {
  const { folder, sources, framesPerSecond } = options;
  const { brokerUrl = 'mqtt://127.0.0.1:9', storeFile = 'roadside.db' } = options;
  const north = await readNorthTruth();
  const file = join(folder, 'site.yaml');
  const arms = sources.map((source, index) => ({ source, arm: `arm${index + 1}` }));
  const site = {
    ...{ version: 1, site: { id: 'bench', name: 'Bench' }, flow: { intervalsS: [10] } },
    approaches: arms.map(({ arm }) => ({
      id: arm,
      name: arm,
      lanes: north.lanes.map((_, index) => ({ number: index + 1, speedLimitKmh: 50 })),
    })),
    cameras: arms.map(({ arm, source }) => ({
      id: `cam-${arm}`,
      source,
      picture: north.camera.picture,
      crop: north.camera.crop,
      framesPerSecond,
      groundPlane: north.groundPlane,
      lanes: north.lanes.map(({ polygon, countLine, direction }, index) => {
        return { lane: `${arm}-${index + 1}`, polygon, countLine, direction };
      }),
    })),
    incidents: { coolDownS: 0, stoppedVehicle: { dwellS: 1, clearS: 1 } },
    uplink: { url: brokerUrl, reconnectMaxS: 1 },
    store: { file: storeFile, maxMegabytes: 64 },
    control: { socket: 'control.sock' },
  };
  await writeFile(file, stringify(site));
  return file;
}
