import { RoadsideError } from '../base/errors.ts';
import { forkChild } from '../runtime/forked-child.ts';
import { programFile } from '../runtime/program-file.ts';
import {
  type TrialAnswer,
  type TrialRequest,
  trialAnswerSchema,
} from '../sensors/contract/model-trial-plan.ts';

export type { TrialFamily, TrialPort } from '../sensors/contract/model-trial-plan.ts';

/** Loading a great model on a slow machine, and more. */
const ANSWER_WITHIN_MS = 120_000;

type AnswerTo<R extends TrialRequest> = Extract<
  TrialAnswer,
  { kind: { verify: 'verified'; bench: 'benched'; describe: 'described' }[R['kind']] }
>;

/**
 * Tries a model in a process of its own: onnxruntime is loaded nowhere else, and a file that brings it down is an
 * error here.
 *
 * @throws RoadsideError `model-missing`, `model-corrupt` or `model-invalid`
 */
export async function tryModel<R extends TrialRequest>(request: R): Promise<AnswerTo<R>> {
  const answered = Promise.withResolvers<TrialAnswer>();
  const child = forkChild({
    file: programFile(import.meta.url, '../processes/model-trial'),
    args: [],
    onRaw(raw) {
      const parsed = trialAnswerSchema.safeParse(raw);
      if (parsed.success) answered.resolve(parsed.data);
      else answered.reject(broken(`it answered what no trial answers: ${parsed.error.message}`));
    },
    // What the runtime prints is in the answer, too.
    onOutput: (_, readable) => readable.resume(),
    onEnd: ({ detail }) => answered.reject(broken(`it ended with ${detail}`)),
  });
  const timer = setTimeout(() => {
    answered.reject(broken(`it did not answer within ${ANSWER_WITHIN_MS / 1000} s`));
    child.kill('SIGKILL');
  }, ANSWER_WITHIN_MS);
  try {
    child.send(request);
    const answer = await answered.promise;
    if (answer.kind === 'failed') {
      throw new RoadsideError(answer.code, answer.message, { hint: answer.hint });
    }
    return answer as AnswerTo<R>;
  } finally {
    clearTimeout(timer);
    child.kill('SIGTERM');
  }
}

function broken(why: string): RoadsideError {
  return new RoadsideError('model-invalid', `the trial of the model failed: ${why}`, {
    hint: 'Export the model again; when it happens again, the file is not for this runtime.',
  });
}
