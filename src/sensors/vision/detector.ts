import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { VisionConfiguration } from '../contract.ts';
import { boxInPicture, placePicture } from './camera-picture.ts';
import { DECODERS } from './decoders/decoder.table.ts';
import {
  fitsDims,
  type NetOutputs,
  type NetShape,
  type OutputRole,
  type OutputTensor,
} from './decoders/net-outputs.ts';
import {
  type DecodingRules,
  type Detection,
  isRoadUser,
  SCENERY_AREA_SHARE,
  WEAK_SCORE_SHARE,
} from './detections.ts';
import { createFrameInput, frameBytesOf, type InputSize, inputDims, PLAIN_PIXELS } from './frame-input.ts';
import { frameOfPicture, readKnownPicture } from './known-picture.ts';
import type { NetPort, NetTensor, Network } from './network.ts';
import { portText } from './network.ts';
import type { Candidate } from './precision.ts';
import { checkDetections } from './self-check.ts';

type ModelPlan = VisionConfiguration['model'];

/** A loaded network that is known to be what its card says. */
export interface Detector extends Candidate {
  /** Of a frame of the model's own size. */
  readonly frameBytes: number;
  /** What the self-check found wrong; null when nothing is, or the card has none. */
  readonly problem: string | null;
  /** What it found in the known picture, in that picture's pixels; nothing when the card has none. */
  readonly found: readonly Detection[];
  /** Detects in the known picture, or in a grey one. */
  run(): Promise<readonly Detection[]>;
  /** @param size of the frame where it is not the model's own; each size once costs what the first picture costs */
  detect(frame: Uint8Array, size?: InputSize): Promise<readonly Detection[]>;
  release(): Promise<void>;
}

/** A mid-grey picture, to try the model with: the pixel value. */
const FLAT_GREY = 128;
/** Four sides, a score and a label at most, beside the scores of the labels. */
const BOX_COLUMNS = 6;
/** RT-DETR and D-FINE as their authors export them ask for the size that boxes shall refer to. */
const SIZE_INPUT = 'orig_target_sizes';

/**
 * A detector on a loaded network: checks inputs and outputs against the plan, and what it finds in the known
 * picture against what the card expects.
 *
 * @throws RoadsideError `model-invalid` naming what was expected
 */
export async function createDetector(plan: ModelPlan, network: Network): Promise<Detector> {
  if (!plan.labels.some(isRoadUser)) {
    throw misfit(plan, `none of its labels is a road user; expected car, bus, truck, person or the like`);
  }
  const net = netShape(plan, { widthPx: plan.inputWidthPx, heightPx: plan.inputHeightPx });
  const frameName = checkInputs(plan, network.inputs);
  const names = outputNames(plan, network.outputs);
  const feedsOf = createFeeds(plan, { frameName, inputs: network.inputs });
  const compute = async (frame: Uint8Array, size: InputSize): Promise<NetOutputs> => {
    const outputs = await network.run(feedsOf(frame, size));
    const tensors = [...names].map(([role, name]) => {
      const tensor = outputTensor(plan, name, outputs.get(name));
      checkLength(plan, { name, tensor, size });
      return [role, tensor];
    });
    return Object.fromEntries(tensors);
  };
  const decoder = DECODERS[plan.decoder];
  const detect = async (frame: Uint8Array, size: InputSize = net): Promise<readonly Detection[]> =>
    decoder.decode(await compute(frame, size), netShape(plan, size), decodingRules(plan, size));

  const frameBytes = frameBytesOf(net);
  const grey = new Uint8Array(frameBytes).fill(FLAT_GREY);
  // The first run allocates and finds what the file's declared shapes do not tell.
  const outputs = await compute(grey, net).catch((cause: unknown) => {
    if (cause instanceof RoadsideError) throw cause;
    throw misfit(plan, `it does not compute a picture: ${messageOf(cause)}`, cause);
  });
  checkOutputs(plan, outputs, net);
  const known = plan.selfCheck === undefined ? null : await readKnown(plan, plan.selfCheck);
  const run = (): Promise<readonly Detection[]> => detect(known?.frame ?? grey);
  const found = known === null ? [] : known.inPicture(await run());
  return {
    frameBytes,
    problem: known === null ? null : known.problemOf(found),
    found,
    run,
    detect,
    release: () => network.release(),
  };
}

function netShape({ labels }: ModelPlan, { widthPx, heightPx }: InputSize): NetShape {
  return { widthPx, heightPx, classes: labels.length };
}

function decodingRules(plan: ModelPlan, { widthPx, heightPx }: InputSize): DecodingRules {
  return {
    labels: plan.labels,
    minScore: plan.scoreThreshold * WEAK_SCORE_SHARE,
    iouThreshold: plan.iouThreshold,
    maxAreaPx: widthPx * heightPx * SCENERY_AREA_SHARE,
    ...(plan.boxes !== undefined && { boxes: plan.boxes }),
  };
}

/** What a network is fed with a frame; the input of each size is made once. */
function createFeeds(
  plan: ModelPlan,
  net: { readonly frameName: string; readonly inputs: readonly NetPort[] },
): (frame: Uint8Array, size: InputSize) => ReadonlyMap<string, NetTensor> {
  const pixels = plan.pixels ?? PLAIN_PIXELS;
  const asksForSize = net.inputs.some(({ name }) => name === SIZE_INPUT);
  const made = new Map<string, ReturnType<typeof createFrameInput>>();
  return (frame, { widthPx, heightPx }) => {
    const key = `${widthPx}x${heightPx}`;
    const toInput = made.get(key) ?? createFrameInput(pixels, { widthPx, heightPx });
    made.set(key, toInput);
    const feeds = new Map([[net.frameName, toInput(frame)]]);
    if (asksForSize) {
      const data = BigInt64Array.of(BigInt(widthPx), BigInt(heightPx));
      feeds.set(SIZE_INPUT, { type: 'int64', dims: [1, 2], data });
    }
    return feeds;
  };
}

/** The name of the input that takes the picture. */
function checkInputs(plan: ModelPlan, inputs: readonly NetPort[]): string {
  const pixels = plan.pixels ?? PLAIN_PIXELS;
  const dims = inputDims(pixels, { widthPx: plan.inputWidthPx, heightPx: plan.inputHeightPx });
  const [picture, ...more] = inputs.filter(({ name }) => name !== SIZE_INPUT);
  const fits =
    picture !== undefined &&
    more.length === 0 &&
    picture.type === pixels.type &&
    picture.dims.length === dims.length &&
    picture.dims.every((side, axis) => typeof side === 'string' || side < 1 || side === dims[axis]);
  if (fits) return picture.name;
  throw misfit(
    plan,
    `its inputs are ${inputs.map(portText).join('; ')}; expected one ${pixels.type}[${dims.join(', ')}]`,
  );
}

/** The names of the outputs in the file, by the roles that the card gives them. */
function outputNames(plan: ModelPlan, outputs: readonly NetPort[]): ReadonlyMap<OutputRole, string> {
  const [only, ...more] = outputs;
  const entries = Object.entries(plan.outputs ?? {}).filter((entry) => entry[1] !== undefined);
  const named = new Map(entries as [OutputRole, string][]);
  if (named.size === 0 && only !== undefined && more.length === 0) named.set('rows', only.name);
  const missing = [...named.values()].filter((name) => !outputs.some((output) => output.name === name));
  if (named.size > 0 && missing.length === 0) return named;
  const wanted = missing.length > 0 ? missing.join(', ') : 'outputs in the card, because there are several';
  throw misfit(plan, `its outputs are ${outputs.map(portText).join('; ')}; expected ${wanted}`);
}

function outputTensor(plan: ModelPlan, name: string, output: NetTensor | undefined): OutputTensor {
  if (output?.type === 'float32') return output;
  // Labels and counts; far below what a float32 holds exactly.
  if (output?.type === 'int64' || output?.type === 'int32') {
    return { dims: output.dims, data: Float32Array.from<number | bigint>(output.data, Number) };
  }
  const found = output?.type === 'other' ? output.named : (output?.type ?? 'nothing');
  throw misfit(
    plan,
    `its output ${name} is made of ${found}; expected float32: export it without half precision`,
  );
}

/** A box for each pixel is more than any net claims; to read many more would take all memory. */
function checkLength(
  plan: ModelPlan,
  { name, tensor, size }: { readonly name: string; readonly tensor: OutputTensor; readonly size: InputSize },
): void {
  const most = size.widthPx * size.heightPx * (plan.labels.length + BOX_COLUMNS);
  if (tensor.data.length <= most) return;
  throw misfit(plan, `its output ${name} is [${tensor.dims.join(', ')}], more than a box for each pixel`);
}

function checkOutputs(plan: ModelPlan, outputs: NetOutputs, net: NetShape): void {
  const roles = Object.keys(outputs) as OutputRole[];
  const expected = DECODERS[plan.decoder].expected(net, roles);
  for (const [role, dims] of Object.entries(expected)) {
    const found = outputs[role as OutputRole];
    if (found !== undefined && fitsDims(found.dims, dims)) continue;
    const foundText = found === undefined ? 'is not named' : `is [${found.dims.join(', ')}]`;
    throw misfit(
      plan,
      `its output for ${role} ${foundText}; expected [${dims.join(', ')}] for ${plan.decoder} with ` +
        `${net.classes} labels and an input of ${net.widthPx} x ${net.heightPx}`,
    );
  }
}

interface KnownFrame {
  readonly frame: Uint8Array;
  /** Detections in pixels of the net's input, in pixels of the picture. */
  inPicture(found: readonly Detection[]): readonly Detection[];
  problemOf(inPicture: readonly Detection[]): string | null;
}

async function readKnown(
  plan: ModelPlan,
  selfCheck: NonNullable<ModelPlan['selfCheck']>,
): Promise<KnownFrame> {
  const picture = await readKnownPicture(selfCheck.picture).catch((cause: unknown) => {
    throw misfit(plan, `the picture of its self-check cannot be read: ${messageOf(cause)}`, cause);
  });
  const whole = { x: 0, y: 0, widthPx: picture.widthPx, heightPx: picture.heightPx };
  const placement = placePicture({ crop: whole, picture }, plan);
  return {
    frame: frameOfPicture(picture, placement),
    inPicture: (found) => found.map((each) => ({ ...each, box: boxInPicture(placement, each.box) })),
    problemOf: (inPicture) => checkDetections(inPicture, selfCheck, plan.scoreThreshold).problem,
  };
}

function misfit(plan: ModelPlan, problem: string, cause?: unknown): RoadsideError {
  return new RoadsideError('model-invalid', `model ${plan.id} does not fit its card: ${problem}`, {
    hint: `Compare card.yaml of ${plan.id} with the file: input, labels, outputs and decoder (docs/models.md).`,
    cause,
  });
}
