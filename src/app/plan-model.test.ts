import { isAbsolute } from 'node:path';
import { expect, it } from 'vitest';
import { loadModel } from '../catalog/load/load-model.ts';
import { shippedFolders } from '../catalog/shipped.ts';
import { visionConfigurationSchema } from '../sensors/contract/vision-plan.ts';
import { planModel } from './plans.ts';

it('the shipped model is planned with both precisions and its self-check, by absolute paths', async () => {
  const loaded = await loadModel({ id: 'nanodet-g', modelsDir: shippedFolders.modelsDir });
  if (loaded.kind === 'unavailable') throw loaded.problem;
  const plan = visionConfigurationSchema.shape.model.parse(planModel(loaded));
  expect(plan).toMatchObject({ precision: 'auto', pixels: { type: 'uint8', channels: 'gbr' } });
  for (const file of [plan.file, plan.int8?.file, plan.selfCheck?.picture]) {
    expect(isAbsolute(file ?? '')).toBe(true);
  }
});
