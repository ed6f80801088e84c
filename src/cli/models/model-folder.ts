import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import { ID_PATTERN } from '../../base/ids.ts';
import { type LoadedModel, loadModel } from '../../catalog/load/load-model.ts';
import { shippedFolders } from '../../catalog/shipped.ts';

export interface ModelFile {
  readonly id: string;
  readonly loaded: LoadedModel;
}
export type AvailableModel = Extract<LoadedModel, { kind: 'available' }>;

/** Every model of a folder and the shipped ones, by name; only those that are named, when some are. */
export async function readModels(modelsDir: string, names: readonly string[]): Promise<readonly ModelFile[]> {
  const ids = new Set([...(await modelIds(modelsDir)), ...(await modelIds(shippedFolders.modelsDir))]);
  const unknown = names.filter((name) => !ids.has(name));
  if (unknown.length > 0) {
    throw new RoadsideError('model-missing', `no model ${unknown.join(', ')} in ${modelsDir}`, {
      hint: 'roadside models list shows what there is; --models DIR names another folder.',
    });
  }
  const wanted = (names.length > 0 ? [...names] : [...ids]).toSorted();
  return await Promise.all(wanted.map(async (id) => ({ id, loaded: await loadModel({ id, modelsDir }) })));
}

/** @throws RoadsideError `model-missing` for a folder that cannot be read */
async function modelIds(modelsDir: string): Promise<readonly string[]> {
  const entries = await readdir(modelsDir, { withFileTypes: true }).catch((cause: unknown) => {
    throw new RoadsideError('model-missing', `no models in ${modelsDir}: ${messageOf(cause)}`, {
      hint: 'Check --models, and that this user may read the folder.',
      cause,
    });
  });
  // Others, such as .git and lost+found, are no models; a link to a folder may be one.
  return entries
    .filter((entry) => ID_PATTERN.test(entry.name) && (entry.isDirectory() || entry.isSymbolicLink()))
    .map(({ name }) => name);
}

export interface HashedFile {
  readonly file: string;
  /** Whether its content is what the card says; null when it cannot be read. */
  readonly isOk: boolean | null;
}

/** The ONNX files of a model against the sums in its card. */
export async function checkHashes({ card, dir, file }: AvailableModel): Promise<readonly HashedFile[]> {
  const files = [
    { path: file, name: card.file, sha256: card.sha256 },
    ...(card.int8 === undefined
      ? []
      : [{ path: join(dir, card.int8.file), name: card.int8.file, sha256: card.int8.sha256 }]),
  ];
  return await Promise.all(
    files.map(async ({ path, name, sha256 }) => ({
      file: name,
      isOk: await sha256Of(path).then(
        (found) => found === sha256,
        () => null,
      ),
    })),
  );
}

/** Lower-case hex; throws what reading throws. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** `Apache-2.0+MIT` */
export function licenceText({ card }: AvailableModel): string {
  return [...new Set(card.licences.map(({ spdx }) => spdx))].join('+');
}
