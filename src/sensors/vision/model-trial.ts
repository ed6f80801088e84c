import { monotonicMs } from '../../base/clock.ts';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { TrialAnswer, TrialPort, TrialRequest } from '../contract/model-trial-plan.ts';
import { blankFor, PICTURE_RANK, sizeOf } from './blank-input.ts';
import { familiesOf } from './decoders/families.ts';
import { openDetector, openNetwork } from './detector-session.ts';
import { readModelFile } from './model-file.ts';
import type { NetPort, NetTensor } from './network.ts';
import { median, type Precision } from './precision.ts';

/** Runs that a measurement leaves out: they allocate. */
const WARM_UP_RUNS = 3;
const PROBLEM_LIMIT_CHARS = 2000;

/** Does what a trial is asked for; a model that is no good is an answer, not an error. */
export async function runTrial(request: TrialRequest): Promise<TrialAnswer> {
  try {
    switch (request.kind) {
      case 'verify':
        return await verify(request);
      case 'bench':
        return await bench(request);
      case 'describe':
        return await describe(request);
    }
  } catch (error) {
    return {
      kind: 'failed',
      code: codeOf(error),
      message: messageOf(error).slice(0, PROBLEM_LIMIT_CHARS),
      hint:
        error instanceof RoadsideError
          ? error.hint
          : 'Is the file an ONNX model, and whole? Compare its size, or export it again (docs/models.md).',
    };
  }
}

function codeOf(error: unknown): 'model-missing' | 'model-corrupt' | 'model-invalid' {
  const code = error instanceof RoadsideError ? error.code : null;
  return code === 'model-missing' || code === 'model-corrupt' ? code : 'model-invalid';
}

type Of<K extends TrialRequest['kind']> = Extract<TrialRequest, { kind: K }>;

async function verify({ model }: Of<'verify'>): Promise<TrialAnswer> {
  const precisions: readonly Precision[] = model.int8 === undefined ? ['fp32'] : ['fp32', 'int8'];
  const results = [];
  for (const precision of precisions) {
    const opened = await openDetector(model, precision).catch((error: unknown) => messageOf(error));
    if (typeof opened === 'string') {
      results.push({ precision, problem: opened.slice(0, PROBLEM_LIMIT_CHARS), found: [] });
      continue;
    }
    const found = opened.found.map((each) => ({
      ...each,
      box: [...each.box] as [number, number, number, number],
    }));
    results.push({ precision, problem: opened.problem, found });
    await opened.release();
  }
  return { kind: 'verified', results };
}

async function bench({ model, precision, threads, forMs }: Of<'bench'>): Promise<TrialAnswer> {
  const detector = await openDetector(model, precision, { threads });
  for (let run = 0; run < WARM_UP_RUNS; run += 1) await detector.run();
  const taken: number[] = [];
  const beganAtMs = monotonicMs();
  while (taken.length === 0 || monotonicMs() - beganAtMs < forMs) {
    const startedAtMs = monotonicMs();
    await detector.run();
    taken.push(monotonicMs() - startedAtMs);
  }
  await detector.release();
  return { kind: 'benched', runs: taken.length, medianMs: median(taken), slowestMs: Math.max(...taken) };
}

async function describe(request: Of<'describe'>): Promise<TrialAnswer> {
  const file = await readModelFile(request.file, 'Check the path and that this user may read the file.');
  const network = await openNetwork(file, { threads: 1 });
  const blanks = network.inputs.map((input) => [input.name, blankFor(input, request)] as const);
  // A net that cannot compute a blank picture is still worth describing, by what it declares.
  let problem: string | null = null;
  const results = await network.run(new Map(blanks)).catch((error: unknown) => {
    problem = messageOf(error).slice(0, PROBLEM_LIMIT_CHARS);
    return new Map<string, NetTensor>();
  });
  const outputs = network.outputs.map((output) => ({
    ...output,
    dims: results.get(output.name)?.dims ?? output.dims,
  }));
  await network.release();
  const picture = blanks.map(([, blank]) => blank).find(({ dims }) => dims.length >= PICTURE_RANK);
  const families = picture === undefined ? [] : familiesOf(outputs, sizeOf(picture.dims));
  return {
    kind: 'described',
    problem,
    inputs: network.inputs.map(plainPort),
    outputs: outputs.map(plainPort),
    families: families.map((family) => ({ ...family, outputs: { ...family.outputs } })),
  };
}

function plainPort({ name, type, dims }: NetPort): TrialPort {
  return { name, type, dims: [...dims] };
}
