import { createHash } from 'node:crypto';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { monotonicMs } from '../../base/clock.ts';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { VisionConfiguration } from '../contract.ts';
import type { Detection } from './detections.ts';
import { createDetector, type Detector } from './detector.ts';
import type { InputSize } from './frame-input.ts';
import { readModelFile } from './model-file.ts';
import type { NetPort, NetTensor, Network } from './network.ts';
import { choosePrecision, type Precision, type PrecisionReport } from './precision.ts';

export type ModelPlan = VisionConfiguration['model'];

/** One loaded detector; all cameras of the process share it. */
export interface DetectorSession {
  /** Bytes of one frame of the model's own size: planar G, B, R, each inputWidthPx × inputHeightPx. */
  readonly frameBytes: number;
  /** Which precision was chosen, and the figures that it was chosen by. */
  readonly report: PrecisionReport;
  /**
   * Runs one frame. The computation itself blocks the calling thread (the Node binding computes inside `run`),
   * so frames of several cameras take turns by themselves.
   *
   * @param size of the frame where it is not the model's own
   * @returns what scores at least WEAK_SCORE_SHARE of the plan's `scoreThreshold`, best first
   */
  detect(frame: Uint8Array, size?: InputSize): Promise<readonly Detection[]>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /** A second thread makes each frame dearer, and on a busy cabinet PC slower: it waits for its twin. */
  readonly threads?: number;
}

/**
 * Loads the model, tries it, and where it comes in two precisions takes the one that suits the machine.
 *
 * @throws RoadsideError `model-missing`, `model-corrupt` (not the file that the card names) or `model-invalid`
 *   (it loads but is not what the plan says, or finds in the known picture what is not there)
 */
export async function openDetectorSession(
  plan: ModelPlan,
  options: SessionOptions = {},
): Promise<DetectorSession> {
  const precision = plan.precision ?? 'auto';
  if (plan.int8 === undefined || precision === 'fp32') return await openOnly(plan, 'fp32', options);
  if (precision === 'int8') return await openOnly(plan, 'int8', options);
  const fp32 = await openRight(plan, 'fp32', options);
  const int8 = await openDetector(plan, 'int8', options).catch((error: unknown) => messageOf(error));
  if (typeof int8 === 'string') {
    return sessionOf(fp32, { ...fixedReport('fp32', `int8 cannot be used: ${int8}`), isWarning: true });
  }
  const picturesPerS = plan.picturesPerS ?? null;
  const report = await choosePrecision({ fp32, int8 }, { picturesPerS, monoMs: monotonicMs });
  const [chosen, other] = report.precision === 'int8' ? [int8, fp32] : [fp32, int8];
  await other.release();
  return sessionOf(chosen, report);
}

async function openOnly(
  plan: ModelPlan,
  precision: Precision,
  options: SessionOptions,
): Promise<DetectorSession> {
  return sessionOf(await openRight(plan, precision, options), fixedReport(precision, `${precision} is used`));
}

function sessionOf(detector: Detector, report: PrecisionReport): DetectorSession {
  return {
    frameBytes: detector.frameBytes,
    report,
    detect: detector.detect,
    release: detector.release,
  };
}

function fixedReport(precision: Precision, note: string): PrecisionReport {
  return { precision, fp32Ms: null, int8Ms: null, note, isWarning: false };
}

/** @throws RoadsideError `model-invalid` when the self-check fails */
async function openRight(plan: ModelPlan, precision: Precision, options: SessionOptions): Promise<Detector> {
  const detector = await openDetector(plan, precision, options);
  if (detector.problem === null) return detector;
  await detector.release();
  throw new RoadsideError(
    'model-invalid',
    `model ${plan.id} (${precision}) fails its self-check: ${detector.problem}`,
    {
      hint: 'Reinstall roadside; if it comes back, this processor computes the model wrongly: report its type.',
    },
  );
}

/** One precision of a model, loaded and tried; wrong detections are its `problem`. Throws as openDetectorSession. */
export async function openDetector(
  plan: ModelPlan,
  precision: Precision,
  options: SessionOptions = {},
): Promise<Detector> {
  const stored = precision === 'int8' ? (plan.int8 ?? plan) : plan;
  const file = await readModel(plan.id, stored);
  const network = await openNetwork(file, { threads: options.threads ?? 1 }).catch((cause: unknown) => {
    throw new RoadsideError(
      'model-invalid',
      `model ${plan.id} cannot be loaded by onnxruntime: ${messageOf(cause)}`,
      { hint: 'Export it to ONNX again, with an operator set that onnxruntime knows.', cause },
    );
  });
  return await createDetector(plan, network).catch(async (error: unknown) => {
    await network.release();
    throw error;
  });
}

async function readModel(
  id: string,
  stored: { readonly file: string; readonly sha256: string },
): Promise<Uint8Array> {
  const hint = `Reinstall roadside, or copy the folder of the model ${id} as a whole.`;
  const file = await readModelFile(stored.file, hint);
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (sha256 !== stored.sha256) {
    throw new RoadsideError(
      'model-corrupt',
      `${stored.file} has sha256 ${sha256}, its card says ${stored.sha256}`,
      { hint: 'Reinstall roadside; if it comes back, check the disk (dmesg, smartctl).' },
    );
  }
  return file;
}

/** What goes wrong is thrown as well; printed once more for each picture, it would fill the log. */
const SAYS_ONLY_FATAL = 4;

/**
 * Loads one ONNX file. Width and height stay as free as the file leaves them: cameras differ in the size of their
 * input, and pictures of two sizes by turns in one session take as long as in a session for each.
 */
export async function openNetwork(file: Uint8Array, options: { readonly threads: number }): Promise<Network> {
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create(file, {
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    freeDimensionOverrides: { batch: 1 },
    logSeverityLevel: SAYS_ONLY_FATAL,
  });
  return {
    inputs: session.inputMetadata.map(portOf),
    outputs: session.outputMetadata.map(portOf),
    async run(feeds) {
      const given = [...feeds].map(([name, tensor]) => [name, runtimeTensor(runtime, tensor)] as const);
      const outputs = await session.run(Object.fromEntries(given));
      return new Map(Object.entries(outputs).map(([name, output]) => [name, netTensor(output)]));
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

function portOf(port: InferenceSession.ValueMetadata): NetPort {
  return port.isTensor
    ? { name: port.name, type: port.type, dims: port.shape }
    : { name: port.name, type: 'no tensor', dims: [] };
}

function runtimeTensor(runtime: typeof import('onnxruntime-node'), tensor: NetTensor): Tensor {
  switch (tensor.type) {
    case 'uint8':
      return new runtime.Tensor('uint8', tensor.data, tensor.dims);
    case 'float32':
      return new runtime.Tensor('float32', tensor.data, tensor.dims);
    case 'int64':
      return new runtime.Tensor('int64', tensor.data, tensor.dims);
    case 'int32':
      return new runtime.Tensor('int32', tensor.data, tensor.dims);
    case 'other':
      throw new RangeError(`no input is made of ${tensor.named}`);
  }
}

function netTensor({ data, dims, type }: Tensor): NetTensor {
  if (data instanceof Float32Array) return { type: 'float32', dims, data };
  if (data instanceof BigInt64Array) return { type: 'int64', dims, data };
  if (data instanceof Int32Array) return { type: 'int32', dims, data };
  return { type: 'other', dims, named: type };
}
