import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { RoadsideError } from '../../base/errors.ts';
import { type ModelCard, modelCardSchema } from '../schema/model-card.ts';
import { shippedFolders } from '../shipped.ts';
import { formatProblems } from './problem.ts';
import { validate } from './validate.ts';
import { readYaml } from './yaml-source.ts';

/**
 * A model that a camera names. One that is missing or broken does not keep the site from loading: the
 * gateway counts with its loops and reports `problem` as a fault.
 */
export type LoadedModel =
  | {
      readonly kind: 'available';
      readonly card: ModelCard;
      /** Absolute path of the model's folder. */
      readonly dir: string;
      /** Absolute path of the ONNX file; its content is not compared with `card.sha256` here. */
      readonly file: string;
    }
  | { readonly kind: 'unavailable'; readonly problem: RoadsideError };

const CODES = { unreadable: 'model-missing', syntax: 'model-invalid' } as const;

/**
 * Reads `<modelsDir>/<id>/card.yaml` and looks for the file it names. A model that the folder does not have is
 * looked for among the shipped ones; a folder that is not there is a mistake and has none.
 */
export async function loadModel(model: {
  readonly id: string;
  readonly modelsDir: string;
}): Promise<LoadedModel> {
  const dir = await folderOf(model);
  const source = await readYaml(join(dir, 'card.yaml'), CODES);
  if (source.kind === 'refused')
    return unavailable(source.problems[0]?.code ?? 'model-invalid', source.problems);
  const card = validate(source.value, { schema: modelCardSchema, code: 'model-invalid' });
  if (card.kind === 'refused') return unavailable('model-invalid', card.problems);
  const file = join(dir, card.value.file);
  try {
    await access(file);
  } catch (cause) {
    const problem = new RoadsideError(
      'model-missing',
      `the file of the model ${model.id} is not there: ${file}`,
      {
        hint: 'Copy the model folder as a whole, or name another model in the site file.',
        cause,
      },
    );
    return { kind: 'unavailable', problem };
  }
  return { kind: 'available', card: card.value, dir, file };
}

async function folderOf(model: { readonly id: string; readonly modelsDir: string }): Promise<string> {
  const own = join(model.modelsDir, model.id);
  const shipped = join(shippedFolders.modelsDir, model.id);
  const isOther = (await isThere(model.modelsDir)) && !(await isThere(own));
  return isOther && (await isThere(shipped)) ? shipped : own;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function unavailable(
  code: RoadsideError['code'],
  problems: Parameters<typeof formatProblems>[0],
): LoadedModel {
  const hint = 'Without the model cameras see nothing; loops keep counting.';
  return { kind: 'unavailable', problem: new RoadsideError(code, formatProblems(problems), { hint }) };
}
