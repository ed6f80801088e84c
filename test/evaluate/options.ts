import { parseArgs } from 'node:util';
import type { Precision } from '../../src/sensors/vision/precision.ts';

/** What a person asked of the judge on the command line. */
export interface EvaluateOptions {
  readonly clips: string;
  /** Folders in which a clip's scene is looked for, in this order. */
  readonly sceneFolders: readonly string[];
  readonly json: string | null;
  /** Only clips whose name holds this. */
  readonly only: string;
  readonly precision: Precision;
}

/**
 * What a machine chooses depends on its processor and on what else it does, so the judge does not leave it to chance:
 * fp32 is what the service uses for one camera.
 */
const DEFAULT_PRECISION: Precision = 'fp32';

/** Throws a TypeError whose message is for a person. */
export function precisionOf(asked: string = DEFAULT_PRECISION): Precision {
  if (asked === 'fp32' || asked === 'int8') return asked;
  throw new TypeError(`--precision ${asked}: expected fp32 or int8`);
}

export const USAGE = `npm run evaluate -- --clips DIR [--scenes DIR2] [--json FILE] [--only PART-OF-A-NAME]
                    [--precision fp32|int8]
  --clips   folder with NAME.truth.json, its clip, and NAME.scene.json unless --scenes or test/evaluate/scenes has it
  --scenes  another folder with NAME.scene.json
  --json    writes everything there, too
  --precision  of the detector: fp32 unless you say int8`;

/** Throws a TypeError whose message is for a person. */
export function parseOptions(args: readonly string[], ownScenes: string): EvaluateOptions {
  const text = { type: 'string' } as const;
  const options = { clips: text, scenes: text, json: text, only: text, precision: text };
  const { values } = parseArgs({ args: [...args], options });
  if (values.clips === undefined) throw new TypeError('--clips DIR is missing');
  const given = values.scenes === undefined ? [] : [values.scenes];
  return {
    clips: values.clips,
    sceneFolders: [...given, values.clips, ownScenes],
    json: values.json ?? null,
    only: values.only ?? '',
    precision: precisionOf(values.precision),
  };
}
