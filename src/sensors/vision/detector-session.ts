import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { InferenceSession } from 'onnxruntime-node';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { VisionConfiguration } from '../contract.ts';
import {
  BOX_COLUMNS,
  type Detection,
  decodeDetections,
  SCENERY_AREA_SHARE,
  WEAK_SCORE_SHARE,
} from './detections.ts';

export type ModelPlan = VisionConfiguration['model'];

/** One loaded detector; all cameras of the process share it. */
export interface DetectorSession {
  /** Bytes of one frame: planar G, B, R, each inputWidthPx × inputHeightPx. */
  readonly frameBytes: number;
  /**
   * Runs one frame. The computation itself blocks the calling thread (the Node binding computes inside `run`),
   * so frames of several cameras take turns by themselves.
   *
   * @returns what scores at least WEAK_SCORE_SHARE of the plan's `scoreThreshold`, best first
   */
  detect(frame: Uint8Array): Promise<readonly Detection[]>;
  release(): Promise<void>;
}

const INPUT = 'frame';
const OUTPUT = 'detections';
const PLANES = 3;
/** A mid-grey picture, to try the model with: the pixel value. */
const FLAT_GREY = 128;

/**
 * Loads and tries the model.
 *
 * @throws RoadsideError `model-missing`, `model-corrupt` (not the file that the card names) or `model-invalid`
 *   (it loads but is not what the plan says)
 */
export async function openDetectorSession(plan: ModelPlan): Promise<DetectorSession> {
  const file = await readModel(plan);
  const { InferenceSession, Tensor } = await loadRuntime();
  const session = await InferenceSession.create(file, {
    // A second thread makes each frame dearer, and on a busy cabinet PC slower: it waits for its twin.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    freeDimensionOverrides: { width: plan.inputWidthPx, height: plan.inputHeightPx },
  }).catch((cause: unknown) => {
    throw invalid(plan, `onnxruntime cannot load it: ${messageOf(cause)}`, cause);
  });

  const shape = [PLANES, plan.inputHeightPx, plan.inputWidthPx];
  const frameBytes = PLANES * plan.inputHeightPx * plan.inputWidthPx;
  const run = async (frame: Uint8Array): Promise<Float32Array> => {
    const output = (await session.run({ [INPUT]: new Tensor('uint8', frame, shape) }))[OUTPUT];
    if (!(output?.data instanceof Float32Array)) throw new TypeError(`'${OUTPUT}' holds no float32`);
    return output.data;
  };
  try {
    checkSignature(plan, session);
    // The first run allocates and finds what the file's declared shapes do not tell.
    await run(new Uint8Array(frameBytes).fill(FLAT_GREY)).catch((cause: unknown) => {
      throw invalid(plan, `it does not compute a picture: ${messageOf(cause)}`, cause);
    });
  } catch (error) {
    await session.release();
    throw error;
  }
  const rules = {
    labels: plan.labels,
    minScore: plan.scoreThreshold * WEAK_SCORE_SHARE,
    iouThreshold: plan.iouThreshold,
    maxAreaPx: plan.inputWidthPx * plan.inputHeightPx * SCENERY_AREA_SHARE,
  };
  return {
    frameBytes,
    async detect(frame) {
      return decodeDetections(await run(frame), rules);
    },
    release: () => session.release(),
  };
}

/**
 * The library reports its use to Microsoft and writes a device id below the home directory unless this is set
 * before its native part is loaded. A static import would be hoisted above the assignment. The native part
 * reads the process's own environment, of which a worker thread has but a copy, so a thread that opens a
 * detector must be made with `env: SHARE_ENV`.
 */
async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  return await import('onnxruntime-node');
}

async function readModel(plan: ModelPlan): Promise<Uint8Array> {
  const file = await readFile(plan.file).catch((cause: unknown) => {
    throw new RoadsideError('model-missing', `cannot read ${plan.file}: ${messageOf(cause)}`, {
      hint: `Reinstall roadside: the detector ${plan.id} belongs to the installation.`,
      cause,
    });
  });
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (sha256 !== plan.sha256) {
    throw new RoadsideError(
      'model-corrupt',
      `${plan.file} has sha256 ${sha256}, its card says ${plan.sha256}`,
      {
        hint: 'Reinstall roadside; if it comes back, check the disk (dmesg, smartctl).',
      },
    );
  }
  return file;
}

function checkSignature(plan: ModelPlan, session: InferenceSession): void {
  const input = session.inputMetadata.find((each) => each.name === INPUT);
  const output = session.outputMetadata.find((each) => each.name === OUTPUT);
  if (session.inputMetadata.length !== 1 || !input?.isTensor || input.type !== 'uint8') {
    throw invalid(plan, `its inputs are [${session.inputNames.join(', ')}], expected one uint8 '${INPUT}'`);
  }
  const expected: readonly (string | number)[] = [PLANES, plan.inputHeightPx, plan.inputWidthPx];
  const free: readonly (string | number)[] = [PLANES, 'height', 'width'];
  const fits = (side: number | string, axis: number): boolean =>
    side === expected[axis] || side === free[axis];
  if (input.shape.length !== expected.length || !input.shape.every(fits)) {
    throw invalid(plan, `its input is [${input.shape.join(', ')}], the plan's is [${expected.join(', ')}]`);
  }
  const columns = BOX_COLUMNS + plan.labels.length;
  if (!output?.isTensor || output.type !== 'float32' || output.shape.at(-1) !== columns) {
    throw invalid(plan, `it has no float32 output '${OUTPUT}' with ${columns} columns`);
  }
}

function invalid(plan: ModelPlan, problem: string, cause?: unknown): RoadsideError {
  return new RoadsideError('model-invalid', `model ${plan.id} does not fit its card: ${problem}`, {
    hint: `Compare models/${plan.id}/card.yaml with the file: labels, input size and decoder.`,
    cause,
  });
}
