import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ModelCard } from '../../catalog/schema/model-card.ts';
import { type DetectorSession, type ModelPlan, openDetectorSession } from './detector-session.ts';

const FOLDER = fileURLToPath(new URL('../../../models/nanodet-g/', import.meta.url));
const CARD: ModelCard = parse(readFileSync(join(FOLDER, 'card.yaml'), 'utf8'));
const PLAN: ModelPlan = {
  id: CARD.model,
  file: join(FOLDER, CARD.file),
  sha256: CARD.sha256,
  decoder: CARD.decoder,
  labels: CARD.labels,
  inputWidthPx: CARD.input.widthPx,
  inputHeightPx: CARD.input.heightPx,
  scoreThreshold: CARD.thresholds.score,
  iouThreshold: CARD.thresholds.iou,
};

type Colour = readonly [red: number, green: number, blue: number];

/** Sky, road and, when asked for, a red car from the front: rectangles in planar G, B, R. */
function drawRoad(options: { readonly car: boolean }): Uint8Array {
  const { inputWidthPx: width, inputHeightPx: height } = PLAN;
  const frame = new Uint8Array(3 * width * height);
  const fill = (x: number, y: number, size: readonly [number, number], [red, green, blue]: Colour): void => {
    for (let row = y; row < y + size[1]; row += 1) {
      const from = row * width + x;
      frame.fill(green, from, from + size[0]);
      frame.fill(blue, width * height + from, width * height + from + size[0]);
      frame.fill(red, 2 * width * height + from, 2 * width * height + from + size[0]);
    }
  };
  fill(0, 0, [width, 90], [190, 205, 220]);
  fill(0, 90, [width, height - 90], [120, 120, 122]);
  if (!options.car) return frame;
  fill(177, 197, [46, 4], [40, 40, 42]);
  for (let row = 0; row < 17; row += 1) {
    const inset = Math.round((7 * (16 - row)) / 16);
    fill(179 + inset, 164 + row, [42 - 2 * inset, 1], [170, 30, 30]);
    if (row >= 2) fill(182 + inset, 164 + row, [36 - 2 * inset, 1], [35, 45, 55]);
  }
  fill(178, 180, [45, 15], [185, 35, 35]);
  fill(178, 193, [45, 4], [60, 20, 20]);
  for (const x of [179, 212]) fill(x, 183, [9, 5], [245, 245, 230]);
  fill(190, 184, [20, 4], [30, 30, 30]);
  fill(194, 190, [12, 4], [240, 240, 240]);
  for (const x of [178, 214]) fill(x, 196, [8, 5], [20, 20, 20]);
  return frame;
}

describe('the model that comes with the program', () => {
  let detector: DetectorSession;
  beforeAll(async () => {
    detector = await openDetectorSession(PLAN);
  });
  afterAll(() => detector.release());

  test('finds a car where it is', async () => {
    const found = await detector.detect(drawRoad({ car: true }));
    expect(found).toHaveLength(1);
    expect(found[0]?.class).toBe('car');
    expect(found[0]?.score).toBeGreaterThan(PLAN.scoreThreshold);
    const [x1, y1, x2, y2] = found[0]?.box ?? [];
    for (const [side, drawn] of [
      [x1, 177],
      [y1, 164],
      [x2, 223],
      [y2, 201],
    ] as const) {
      expect(Math.abs((side ?? Number.NaN) - drawn)).toBeLessThan(4);
    }
  });

  test('finds nothing on the same road without the car', async () => {
    expect(await detector.detect(drawRoad({ car: false }))).toEqual([]);
  });

  test('finds nothing in a flat grey picture', async () => {
    expect(await detector.detect(new Uint8Array(detector.frameBytes).fill(128))).toEqual([]);
  });

  test('says the same about the same picture', async () => {
    const frame = drawRoad({ car: true });
    expect(await detector.detect(frame)).toEqual(await detector.detect(frame));
  });

  test('refuses a frame of another size', async () => {
    await expect(detector.detect(new Uint8Array(detector.frameBytes - 1))).rejects.toThrow();
  });
});

test('one file serves every input size', async () => {
  const detector = await openDetectorSession({ ...PLAN, inputWidthPx: 640, inputHeightPx: 384 });
  const grey = new Uint8Array(detector.frameBytes).fill(128);
  expect(detector.frameBytes).toBe(3 * 640 * 384);
  expect(await detector.detect(grey)).toEqual([]);
  await detector.release();
});

describe('two precisions of one model', () => {
  const dir = mkdtempSync(join(tmpdir(), 'roadside-int8-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const { int8, selfCheck } = CARD;
  if (int8 === undefined || selfCheck === undefined) throw new Error('the card has no int8 file');
  const plan = {
    ...PLAN,
    precision: 'auto',
    selfCheck: { ...selfCheck, picture: join(FOLDER, selfCheck.picture) },
    int8: { ...int8, file: join(FOLDER, int8.file) },
  } as const satisfies ModelPlan;

  /** The int8 file with some of its weights overwritten: it loads and is wrong. */
  function damagedInt8(): NonNullable<ModelPlan['int8']> {
    const content = readFileSync(plan.int8.file);
    content.fill(0x40, 1_500_000, 1_560_000);
    const file = join(dir, 'damaged.onnx');
    writeFileSync(file, content);
    return { file, sha256: createHash('sha256').update(content).digest('hex') };
  }

  test.each(['fp32', 'int8'] as const)('%s finds what the card expects in its picture', async (precision) => {
    const detector = await openDetectorSession({ ...plan, precision });
    expect(detector.report).toMatchObject({ precision, fp32Ms: null });
    await detector.release();
  });

  test('both are measured, and the faster one is used', async () => {
    const detector = await openDetectorSession(plan);
    const { precision, fp32Ms, int8Ms } = detector.report;
    expect(precision).toBe((int8Ms ?? 0) < (fp32Ms ?? 0) ? 'int8' : 'fp32');
    const [found] = await detector.detect(drawRoad({ car: true }));
    expect(found?.class).toBe('car');
    await detector.release();
  });

  test('int8 that computes wrongly is not used, and the report says why', async () => {
    const detector = await openDetectorSession({ ...plan, int8: damagedInt8() });
    expect(detector.report).toMatchObject({
      precision: 'fp32',
      note: expect.stringContaining('int8 is wrong'),
    });
    await detector.release();
  });

  test('int8 that is not the file of the card is not used', async () => {
    const detector = await openDetectorSession({ ...plan, int8: { ...damagedInt8(), sha256: PLAN.sha256 } });
    expect(detector.report).toMatchObject({ precision: 'fp32', note: expect.stringContaining('sha256') });
    await detector.release();
  });

  test('a precision that is asked for and wrong is refused', async () => {
    const asked = { ...plan, precision: 'int8', int8: damagedInt8() } as const;
    await expect(openDetectorSession(asked)).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('fails its self-check'),
    });
  });

  test('a self-check without its picture is refused', async () => {
    const blind = { ...plan, selfCheck: { ...plan.selfCheck, picture: join(dir, 'none.ppm.gz') } };
    await expect(openDetectorSession(blind)).rejects.toMatchObject({ code: 'model-invalid' });
  });
});

describe('a model that cannot be used is refused with a hint', () => {
  const dir = mkdtempSync(join(tmpdir(), 'roadside-model-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  test('a file that is not there', async () => {
    const plan = { ...PLAN, file: join(dir, 'absent.onnx') };
    await expect(openDetectorSession(plan)).rejects.toMatchObject({
      code: 'model-missing',
      hint: expect.stringContaining('Reinstall'),
    });
  });

  test('a file with one changed byte', async () => {
    const file = join(dir, 'changed.onnx');
    const content = readFileSync(PLAN.file);
    content.writeUInt8(content.readUInt8(4_000_000) ^ 1, 4_000_000);
    writeFileSync(file, content);
    await expect(openDetectorSession({ ...PLAN, file })).rejects.toMatchObject({ code: 'model-corrupt' });
  });

  test('a file that is no model, though it is the one that the card names', async () => {
    const file = join(dir, 'text.onnx');
    writeFileSync(file, 'not a model');
    const sha256 = createHash('sha256').update('not a model').digest('hex');
    await expect(openDetectorSession({ ...PLAN, file, sha256 })).rejects.toMatchObject({
      code: 'model-invalid',
    });
  });

  test('a card with other labels than the file has columns', async () => {
    const plan = { ...PLAN, labels: ['car', 'truck'] };
    await expect(openDetectorSession(plan)).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('[n, 6]'),
    });
  });

  test('an input size that the net cannot compute', async () => {
    const plan = { ...PLAN, inputHeightPx: 232 };
    await expect(openDetectorSession(plan)).rejects.toMatchObject({ code: 'model-invalid' });
  });
});
