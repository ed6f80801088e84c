import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type TrialFamily, type TrialPort, tryModel } from '../../app/model-trial.ts';
import { planModel } from '../../app/plans.ts';
import { RoadsideError } from '../../base/errors.ts';
import { ID_PATTERN } from '../../base/ids.ts';
import { round } from '../../base/units.ts';
import { loadModel } from '../../catalog/load/load-model.ts';
import { shippedFolders } from '../../catalog/shipped.ts';
import type { CommandIo } from '../command-io.ts';
import {
  type CardFacts,
  cardSkeleton,
  fixedSize,
  isCopyleft,
  pictureForm,
  pixelsFor,
  TOLERANCE,
} from './card-skeleton.ts';
import { COCO_LABELS } from './coco-labels.table.ts';
import { buildModelFolder } from './model-building.ts';
import { sha256Of } from './model-folder.ts';
import { wrapped } from './model-lines.ts';

export interface AddOptions {
  readonly file: string;
  readonly modelsDir: string;
  readonly id: string | null;
  readonly licence: string | null;
  readonly holder: string | null;
  readonly decoder: string | null;
  readonly labels: string | null;
  readonly size: string | null;
}

/** For a file that leaves its size free, until one is named. */
const TRIAL_SIZE = { widthPx: 640, heightPx: 640 };
/** A picture of the project's own scene with known vehicles. */
const PICTURE = 'self-check.ppm.gz';
const PICTURE_FILE = join(shippedFolders.modelsDir, 'nanodet-g', PICTURE);

/**
 * Copies an ONNX file into a folder of the user's models and writes a card for it. What the file tells is taken
 * from it; what it does not tell (decoder, labels, licence) is asked for.
 */
export async function addModel(options: AddOptions, io: CommandIo): Promise<number> {
  const [licence, holder] = [oneLine(options.licence), oneLine(options.holder)];
  if (licence === '' || holder === '') {
    throw usage('the licence of the weights and whose they are have to be named', [
      'Look where you have them from, then add --licence and --holder, such as:',
      '--licence Apache-2.0 --holder "Megvii"; for weights of your own: --licence LicenseRef-own.',
    ]);
  }
  const id = options.id ?? basename(options.file.toLowerCase(), '.onnx');
  if (!ID_PATTERN.test(id))
    throw usage(`"${id}" cannot be a model's name`, ['Add --id with a-z, 0-9 and hyphens.']);
  const file = resolve(options.file);
  const { input, size, families } = await describe(file, options.size);
  const family = await chooseFamily(families, options.decoder, io);
  const facts: CardFacts = {
    id,
    file: `${id}.onnx`,
    sha256: await sha256Of(file),
    family,
    labels: chooseLabels(options.labels, family),
    ...size,
    anySize: fixedSize(input) === null,
    pixels: pixelsFor(input, family),
    licence,
    holder,
    selfCheck: null,
  };
  const found = await buildModelFolder({ modelsDir: options.modelsDir, id }, (dir) =>
    fillFolder(dir, { file, facts }),
  );
  for (const line of closingLines(facts, join(options.modelsDir, id), found)) io.out(line);
  return 0;
}

/** Returns how many road users it finds in the known picture. */
async function fillFolder(
  modelsDir: string,
  { file, facts }: { readonly file: string; readonly facts: CardFacts },
): Promise<number> {
  const dir = join(modelsDir, facts.id);
  const card = join(dir, 'card.yaml');
  await copyFile(file, join(dir, facts.file));
  // The copy has the rights of the original, and the service reads it as another user.
  await chmod(join(dir, facts.file), 0o644);
  await writeFile(card, cardSkeleton(facts));
  const found = await look(facts.id, modelsDir);
  if (found.length > 0) {
    await copyFile(PICTURE_FILE, join(dir, PICTURE));
    const selfCheck = { picture: PICTURE, expect: found, tolerance: TOLERANCE };
    await writeFile(card, cardSkeleton({ ...facts, selfCheck }));
  }
  return found.length;
}

function oneLine(text: string | null): string {
  return (text ?? '').replaceAll(/\s+/g, ' ').trim();
}

interface Description {
  readonly input: TrialPort;
  readonly size: { readonly widthPx: number; readonly heightPx: number };
  readonly families: readonly TrialFamily[];
}

async function describe(file: string, sizeText: string | null): Promise<Description> {
  const asked = sizeText === null ? null : parseSize(sizeText);
  const described = await tryModel({ kind: 'describe', file, ...(asked ?? TRIAL_SIZE) });
  const input = described.inputs.find(({ dims }) => dims.length >= 3);
  if (input === undefined) throw unfit(`${file} takes no picture: ${portsText(described.inputs)}`);
  pictureForm(input);
  const size = fixedSize(input) ?? asked;
  if (size === null) {
    throw usage('the file computes any size', ['Add --size, in multiples of 32, such as --size 640x384.']);
  }
  if (asked !== null && (asked.widthPx !== size.widthPx || asked.heightPx !== size.heightPx)) {
    throw usage(`the file is made for ${size.widthPx}x${size.heightPx} only`, ['Leave --size out.']);
  }
  if (described.families.length === 0) {
    throw unfit(`no decoder reads these outputs: ${portsText(described.outputs)}`);
  }
  return { input, size, families: described.families };
}

/** The family that was named or, at a terminal, is chosen now; never one that nobody named. */
async function chooseFamily(
  families: readonly TrialFamily[],
  named: string | null,
  io: CommandIo,
): Promise<TrialFamily> {
  const offers = families.map(({ decoder, classes }) =>
    classes === null ? decoder : `${decoder} (${classes} labels)`,
  );
  if (named === null) {
    io.out(wrapped(`Its outputs can be read by 可用的解码方式: ${offers.join(', ')}`).join('\n'));
  }
  const answer = named ?? (await ask('Which one is it? 请选择: '));
  const family = families.find(({ decoder }) => decoder === answer);
  if (family !== undefined) return family;
  const problem = answer === '' ? 'no decoder is named' : `the outputs are none of ${answer}`;
  throw usage(`${problem}; they fit ${offers.join(', ')}`, [
    'Name the family that the model was exported from, with --decoder; docs/models.md tells them apart.',
  ]);
}

async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) return '';
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D are answers, too.
  const answer = await terminal.question(question).catch(() => '');
  terminal.close();
  return answer.trim();
}

function chooseLabels(text: string | null, { classes, decoder }: TrialFamily): readonly string[] {
  const labels = text === 'coco' ? COCO_LABELS : (text?.split(',').map((label) => label.trim()) ?? []);
  const isRight = labels.length > 0 && labels.every((label) => label !== '');
  if (isRight && (classes === null || labels.length === classes)) return labels;
  const wanted = classes === null ? 'its labels' : `${classes} labels`;
  throw usage(`${decoder} needs ${wanted}, ${labels.length} were given`, [
    'Add --labels with all of them in the order of training: --labels car,bus,… or --labels coco.',
  ]);
}

/** Loads the model by its new card and says what it finds in the known picture, for its self-check. */
async function look(id: string, modelsDir: string): Promise<NonNullable<CardFacts['selfCheck']>['expect']> {
  const loaded = await loadModel({ id, modelsDir });
  if (loaded.kind === 'unavailable') throw loaded.problem;
  const plan = planModel(loaded);
  const selfCheck = { picture: PICTURE_FILE, expect: [], tolerance: TOLERANCE };
  const { results } = await tryModel({ kind: 'verify', model: { ...plan, selfCheck } });
  const [result] = results;
  // Whatever is found is not expected yet; a problem without anything found is a real one.
  if (result?.problem && result.found.length === 0) throw unfit(result.problem);
  return (result?.found ?? [])
    .filter(({ score }) => score >= plan.scoreThreshold)
    .map(({ class: roadUser, box: [x1, y1, x2, y2], score }) => ({
      class: roadUser,
      boxPx: [round(x1, 0), round(y1, 0), round(x2, 0), round(y2, 0)],
      score: round(score, 2),
    }));
}

function closingLines(facts: CardFacts, dir: string, found: number): readonly string[] {
  const { channels, divideBy } = facts.pixels;
  const seen =
    found > 0
      ? `Found in the known picture (4 cars): ${found}, now its self-check. 自检图（4 辆车）中检出 ${found} 个目标。`
      : 'Found in the known picture (4 cars): nothing. Its pixels or labels are probably wrong. 自检图中未检出目标，请核对说明卡。';
  return [
    `wrote ${dir}`,
    `Assumed for ${facts.family.decoder}: channels ${channels}, divideBy ${divideBy}. 以上为假定值，请核对。`,
    seen,
    ...(isCopyleft(facts.licence)
      ? [
          'AGPL weights: using them, and meeting the licence, is your own choice. AGPL 权重由您自行决定是否使用。',
        ]
      : []),
    `Read 请核对: ${join(dir, 'card.yaml')}`,
    `Then 然后: roadside models verify ${facts.id} --models ${resolve(dir, '..')}`,
  ].flatMap(wrapped);
}

function parseSize(text: string): { readonly widthPx: number; readonly heightPx: number } {
  const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(text) ?? [];
  const [widthPx, heightPx] = [Number(width), Number(height)];
  if (widthPx >= 32 && widthPx <= 4096 && heightPx >= 32 && heightPx <= 4096) return { widthPx, heightPx };
  throw usage(`--size is WIDTHxHEIGHT in pixels, 32 to 4096, not "${text}"`, ['Such as --size 640x384.']);
}

function portsText(ports: readonly TrialPort[]): string {
  return ports.map(({ name, type, dims }) => `${name} ${type}[${dims.join(', ')}]`).join('; ');
}

function usage(message: string, hint: readonly string[]): RoadsideError {
  return new RoadsideError('usage-invalid', message, { hint: hint.join(' ') });
}

function unfit(message: string): RoadsideError {
  return new RoadsideError('model-invalid', message, {
    hint: 'docs/models.md lists the exports that can be read.',
  });
}
