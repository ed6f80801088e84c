/** A process for one trial of a model: a file that brings the runtime down brings down nothing else. */
import { trialRequestSchema } from '../sensors/contract/model-trial-plan.ts';
import { runTrial } from '../sensors/vision/model-trial.ts';

process.once('message', async (raw) => {
  const answer = await runTrial(trialRequestSchema.parse(raw));
  process.send?.(answer, () => process.disconnect());
});
