import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type TrialFamily, type TrialPort, tryModel } from '../../app/model-trial.ts';
import { BOX_CORNERS, BOX_UNITS, type BoxFormat } from '../../base/detector-outputs.ts';
import { RoadsideError } from '../../base/errors.ts';
import { ID_PATTERN } from '../../base/ids.ts';
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
import { COCO_91_LABELS, COCO_LABELS } from './coco-labels.table.ts';
import { type KnownFinds, lookForKnown, PICTURE, PICTURE_FILE } from './known-finds.ts';
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
  readonly boxes: string | null;
  readonly size: string | null;
}

/** For a file that leaves its size free, until one is named. */
const TRIAL_SIZE = { widthPx: 640, heightPx: 640 };
const LABEL_LISTS: Readonly<Record<string, readonly string[]>> = {
  coco: COCO_LABELS,
  coco91: COCO_91_LABELS,
};

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
  const id = options.id ?? nameOf(options.file);
  if (!ID_PATTERN.test(id))
    throw usage(`"${id}" cannot be a model's name`, ['Add --id with a-z, 0-9 and hyphens.']);
  const file = resolve(options.file);
  const { input, size, families } = await describe(file, options.size);
  const boxes = options.boxes === null ? {} : { boxes: parseBoxes(options.boxes) };
  const family = { ...(await chooseFamily(families, options.decoder, io)), ...boxes };
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

async function fillFolder(
  modelsDir: string,
  { file, facts }: { readonly file: string; readonly facts: CardFacts },
): Promise<KnownFinds> {
  const dir = join(modelsDir, facts.id);
  const card = join(dir, 'card.yaml');
  await copyFile(file, join(dir, facts.file));
  // The copy has the rights of the original, and the service reads it as another user.
  await chmod(join(dir, facts.file), 0o644);
  await writeFile(card, cardSkeleton(facts));
  const finds = await lookForKnown(facts.id, modelsDir);
  // Not of what is no car there: it would have to be wrong for ever after.
  if (finds.cars > 0) {
    await copyFile(PICTURE_FILE, join(dir, PICTURE));
    const selfCheck = { picture: PICTURE, expect: finds.found, tolerance: TOLERANCE };
    await writeFile(card, cardSkeleton({ ...facts, selfCheck }));
  }
  return finds;
}

/** `YOLOX_tiny.onnx` is the model yolox-tiny. */
function nameOf(file: string): string {
  return basename(file.toLowerCase(), '.onnx').replaceAll(/[^a-z0-9]+/g, '-');
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
    const why = described.problem === null ? '' : `; it does not compute a picture: ${described.problem}`;
    throw unfit(`no decoder reads these outputs: ${portsText(described.outputs)}${why}`);
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
  const labels = LABEL_LISTS[text ?? ''] ?? text?.split(',').map((label) => label.trim()) ?? [];
  const isRight = labels.length > 0 && labels.every((label) => label !== '');
  if (isRight && (classes === null || labels.length === classes)) return labels;
  const wanted = classes === null ? 'its labels' : `${classes} labels`;
  throw usage(`${decoder} needs ${wanted}, ${labels.length} were given`, [
    'Add --labels with all of them in the order of training: --labels car,bus,…, --labels coco (80), or --labels coco91 (TensorFlow, torchvision: background first).',
  ]);
}

function closingLines(facts: CardFacts, dir: string, finds: KnownFinds): readonly string[] {
  const { channels, divideBy } = facts.pixels;
  return [
    `wrote ${dir}`,
    `Assumed for ${facts.family.decoder}: channels ${channels}, divideBy ${divideBy}. 以上为假定值，请核对。`,
    findsText(finds),
    ...(isCopyleft(facts.licence)
      ? [
          'AGPL weights: using them, and meeting the licence, is your own choice. AGPL 权重由您自行决定是否使用。',
        ]
      : []),
    `Read 请核对: ${join(dir, 'card.yaml')}`,
    `Then 然后: roadside models verify ${facts.id} --models ${resolve(dir, '..')}`,
  ].flatMap(wrapped);
}

function findsText({ cars, of, found }: KnownFinds): string {
  if (cars > 0) {
    return `Found ${cars} of the ${of} cars in the known picture: now its self-check. 自检图 ${of} 辆车中检出 ${cars} 辆。`;
  }
  const classes = [...new Set(found.map((each) => each.class))].join(', ');
  const instead = classes === '' ? '' : `, but ${classes}`;
  return (
    `Found none of the ${of} cars in the known picture${instead}: its decoder, labels, boxes or pixels are probably ` +
    'wrong. Remove the folder and add it again, or correct the card. ' +
    '自检图中的车辆均未检出：解码方式、标签、框格式或像素设置可能有误，请删除后重新添加或核对说明卡。'
  );
}

function parseBoxes(text: string): BoxFormat {
  const [first, second, ...more] = text.split(',');
  const [corners, unit] = [BOX_CORNERS.find((one) => one === first), BOX_UNITS.find((one) => one === second)];
  if (corners !== undefined && unit !== undefined && more.length === 0) return { corners, unit };
  throw usage(`--boxes is CORNERS,UNIT, not "${text}"`, [
    `CORNERS is one of ${BOX_CORNERS.join(', ')}, UNIT one of ${BOX_UNITS.join(', ')}: --boxes cxcywh,fraction.`,
  ]);
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
