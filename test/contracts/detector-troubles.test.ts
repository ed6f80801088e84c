import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';
import { planModel } from '../../src/app/plans.ts';
import { openSensorProcess, type SensorProcess } from '../../src/app/sensor-process.ts';
import { createSystemClock } from '../../src/base/clock.ts';
import { loadModel } from '../../src/catalog/load/load-model.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { programFile } from '../../src/runtime/program-file.ts';
import type { VisionConfiguration } from '../../src/sensors/contract.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';
import { onnxFile } from '../fakes/onnx-file.ts';

type ModelPlan = VisionConfiguration['model'];

const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const WAIT = { timeout: 60_000, interval: 100 };
const PICTURE = { widthPx: 960, heightPx: 540 };
const dir = mkdtempSync(join(tmpdir(), 'roadside-detector-troubles-'));
let sensor: SensorProcess | null = null;
afterEach(() => sensor?.stop(4000));
afterAll(() => rmSync(dir, { recursive: true }));

/** A file in a folder of its own, as a card names it. */
function stored(name: string, content: Buffer): { readonly file: string; readonly sha256: string } {
  const file = join(dir, name);
  writeFileSync(file, content);
  return { file, sha256: createHash('sha256').update(content).digest('hex') };
}

async function shippedPlan(): Promise<ModelPlan> {
  const loaded = await loadModel({ id: 'nanodet-g', modelsDir: MODELS });
  if (loaded.kind === 'unavailable') throw loaded.problem;
  return planModel(loaded);
}

/** A real vision process under the gateway's supervision, whose one camera cannot be reached. */
function startVision(model: ModelPlan) {
  const observed: Observation[] = [];
  const log: { level: string; msg: string }[] = [];
  const source = { kind: 'rtsp', url: 'rtsp://127.0.0.1:1/cam', user: null, password: null } as const;
  const view = { picture: PICTURE, crop: { x: 0, y: 0, ...PICTURE }, homography: null };
  const started = openSensorProcess({
    file: programFile(import.meta.url, '../../src/processes/vision'),
    clock: createSystemClock(),
    logger: createLogger({ write: (line) => log.push(JSON.parse(line)) }),
    configuration: { kind: 'vision', model, cameras: [{ id: 'north', source, ...view, framesPerSecond: 5 }] },
    onObservations: (claimed) => observed.push(...claimed),
  });
  sensor = started;
  const modelHealth = () => started.overview().sensors.find((each) => each.sensor === model.id);
  const faults = () => observed.filter((each) => each.kind === 'sensor-fault' && each.layer === 'model');
  return { log, modelHealth, faults };
}

test('int8 that computes wrongly is left alone: fp32 goes on, and health and log say why', async () => {
  const plan = await shippedPlan();
  const content = readFileSync(plan.int8?.file ?? '');
  // Weights overwritten: it loads, and is wrong.
  content.fill(0x40, 1_500_000, 1_560_000);
  const { log, modelHealth, faults } = startVision({ ...plan, int8: stored('int8.onnx', content) });
  const why = expect.stringContaining('int8 is wrong here: ');
  await expect
    .poll(modelHealth, WAIT)
    .toMatchObject({ state: 'starting', note: why, figures: { int8Chosen: 0 } });
  expect(log).toContainEqual(expect.objectContaining({ level: 'warn', msg: why }));
  expect(faults()).toEqual([]);
});

test('the precision that was chosen, and why, is in the log and no warning', async () => {
  const { log } = startVision(await shippedPlan());
  const line = () => log.find(({ msg }) => msg.startsWith('model nanodet-g: '));
  await expect.poll(line, WAIT).toMatchObject({ level: 'info', msg: expect.stringContaining('is used') });
});

test('a net that claims more boxes than there are pixels is refused before they fill the memory', async () => {
  const rows = 2 * 96 * 64;
  const content = onnxFile({
    inputs: { images: { type: 'uint8', dims: [3, 64, 96] } },
    outputs: { rows: { dims: [rows, 5], data: new Float32Array(rows * 5) } },
  });
  const { modelHealth, faults } = startVision({
    ...{ id: 'crowd', decoder: 'detections-with-class-scores', labels: ['car'] },
    ...{ inputWidthPx: 96, inputHeightPx: 64, scoreThreshold: 0.3, iouThreshold: 0.5 },
    ...stored('crowd.onnx', content),
  });
  await expect.poll(modelHealth, WAIT).toMatchObject({ state: 'failing' });
  expect(faults()).toMatchObject([
    {
      code: 'model-invalid',
      active: true,
      detail: expect.stringContaining('more than a box for each pixel'),
    },
  ]);
});

test('what the runtime throws is a fault, and not printed into the log as well', async () => {
  // In multiples of 32 only: its layers do not fit together otherwise.
  const { log, modelHealth, faults } = startVision({ ...(await shippedPlan()), inputHeightPx: 232 });
  await expect.poll(modelHealth, WAIT).toMatchObject({ state: 'failing' });
  expect(faults()).toMatchObject([{ detail: expect.stringContaining('broadcast an axis') }]);
  expect(log.filter(({ msg }) => msg.includes('onnxruntime'))).toEqual([]);
});
