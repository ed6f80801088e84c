import { Document, isScalar, visit } from 'yaml';
import type { TrialFamily, TrialPort } from '../../app/model-trial.ts';
import { RoadsideError } from '../../base/errors.ts';
import type { ModelCard } from '../../catalog/schema/model-card.ts';

type Pixels = ModelCard['input']['pixels'];
type SelfCheck = NonNullable<ModelCard['selfCheck']>;

export interface CardFacts {
  readonly id: string;
  readonly file: string;
  readonly sha256: string;
  readonly family: TrialFamily;
  readonly labels: readonly string[];
  readonly widthPx: number;
  readonly heightPx: number;
  /** The file leaves width and height free. */
  readonly anySize: boolean;
  readonly pixels: Pixels;
  readonly licence: string;
  readonly holder: string;
  readonly selfCheck: SelfCheck | null;
}

/** Neither too eager nor too shy for most detectors; to be tuned on pictures of the road. */
const THRESHOLDS = { score: 0.35, iou: 0.5 };
const USUAL_MULTIPLE = 32;
const LINE_WIDTH = 110;
const NOTHING_SAID = 'not said by whoever added it';

/** The text of a card for a model of the user's own. */
export function cardSkeleton(facts: CardFacts): string {
  const { family, widthPx, heightPx } = facts;
  const multipleOf = widthPx % USUAL_MULTIPLE === 0 && heightPx % USUAL_MULTIPLE === 0 ? USUAL_MULTIPLE : 1;
  const card = {
    model: facts.id,
    file: facts.file,
    sha256: facts.sha256,
    decoder: family.decoder,
    ...(Object.keys(family.outputs).length > 0 && { outputs: family.outputs }),
    ...(family.boxes !== undefined && { boxes: family.boxes }),
    labels: facts.labels,
    input: { widthPx, heightPx, multipleOf, anySize: facts.anySize, pixels: facts.pixels },
    thresholds: THRESHOLDS,
    ...(facts.selfCheck !== null && { selfCheck: facts.selfCheck }),
    licences: [{ spdx: facts.licence, holder: facts.holder, covers: 'the weights' }],
    source: { architecture: NOTHING_SAID, trainedOn: NOTHING_SAID, convertedFrom: NOTHING_SAID },
    limits: ['Not tried on this road yet: compare its counts with what you see.'],
  };
  return `${HEAD}${isCopyleft(facts.licence) ? COPYLEFT : ''}${yamlText(card)}`;
}

/** Lists of plain values in one line each, as people write them. */
function yamlText(value: object): string {
  const document = new Document(value);
  visit(document, {
    Seq(_, list) {
      if (list.items.every(isScalar)) list.flow = true;
    },
  });
  return document.toString({ lineWidth: LINE_WIDTH });
}

const HEAD = `# Added by its user with \`roadside models add\`; it is no part of roadside. docs/models.md explains each line.
# Type, layout and size of the input are what the file says. The order of the channels, divideBy, mean and std are
# what its family usually takes: no file tells them. Compare them with how the model was trained.
# 由用户自行添加，不属于 roadside。channels、divideBy、mean、std 为该系列的惯用值，请与训练时的设置核对。
`;

const COPYLEFT = `# The AGPL is a licence with conditions for whoever passes the work on or lets others use it over a network. To run
# these weights here is the choice of the user who added them, and so is meeting those conditions.
# AGPL 许可证附带条件：使用这些权重及履行其条件由添加者自行决定和负责。
`;

export function isCopyleft(licence: string): boolean {
  return /\bAGPL/i.test(licence);
}

/** Boxes are compared loosely enough for another runtime or processor, and tightly enough for wrong arithmetic. */
export const TOLERANCE = { iou: 0.7, score: 0.15 };

/**
 * Type and layout of a picture, as a file declares its input.
 *
 * @throws RoadsideError `model-invalid` for an input that no picture can be turned into
 */
export function pictureForm({ type, dims }: TrialPort): Pick<Pixels, 'type' | 'layout'> {
  const layout = layoutOf(dims);
  const isMany = layout !== 'chw' && typeof dims[0] === 'number' && dims[0] > 1;
  if (layout !== null && !isMany && (type === 'uint8' || type === 'float32')) return { type, layout };
  throw new RoadsideError('model-invalid', `a picture cannot become ${type}[${dims.join(', ')}]`, {
    hint:
      type === 'float16'
        ? 'Export it without half precision: half=False, no --half (docs/models.md).'
        : 'Export it with float32 or uint8 and one picture at a time, batch=1 (docs/models.md).',
  });
}

/** Channels and scale as the family usually takes them. Throws as pictureForm. */
export function pixelsFor(input: TrialPort, { decoder }: TrialFamily): Pixels {
  const { type, layout } = pictureForm(input);
  // YOLOX was trained on OpenCV's pictures as they are (Megvii YOLOX 0.1.1 and later), the others on 0 to 1.
  const isYolox = decoder === 'yolox' || decoder === 'yolox-decoded';
  const isRaw = type === 'uint8' || isYolox;
  const channels = isYolox ? 'bgr' : 'rgb';
  return { type, layout, channels, divideBy: isRaw ? 1 : 255, mean: [0, 0, 0], std: [1, 1, 1] };
}

function layoutOf(dims: TrialPort['dims']): Pixels['layout'] | null {
  if (dims.length === 3 && dims[0] === 3) return 'chw';
  if (dims.length !== 4) return null;
  if (dims[3] === 3) return 'nhwc';
  // Hugging Face's exports leave the channels free, too: planes, as all of PyTorch.
  return dims[1] === 3 || !isFixed(dims[1]) ? 'nchw' : null;
}

/** The size that a file is made for; null where it leaves it free. */
export function fixedSize({
  dims,
}: TrialPort): { readonly widthPx: number; readonly heightPx: number } | null {
  const [heightPx, widthPx] = layoutOf(dims) === 'nhwc' ? dims.slice(1, 3) : dims.slice(-2);
  return isFixed(widthPx) && isFixed(heightPx) ? { widthPx, heightPx } : null;
}

function isFixed(side: number | string | undefined): side is number {
  return typeof side === 'number' && side >= 1;
}
