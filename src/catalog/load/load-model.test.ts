import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shippedFolders } from '../shipped.ts';
import { loadModel } from './load-model.ts';

const modelsDir = mkdtempSync(join(tmpdir(), 'roadside-models-'));
afterAll(() => rmSync(modelsDir, { recursive: true }));

const CARD = `model: tiny
file: tiny.onnx
sha256: ${'0f'.repeat(32)}
decoder: detections-with-class-scores
labels: [car, truck]
input: { widthPx: 416, heightPx: 256, multipleOf: 32 }
thresholds: { score: 0.35, iou: 0.6 }
licences: [{ spdx: Apache-2.0, holder: nobody, covers: the weights, text: LICENSE }]
source: { architecture: none, trainedOn: nothing, convertedFrom: nothing }
limits: [It sees nothing.]
`;

function write(id: string, files: { readonly card?: string; readonly onnx?: boolean }): string {
  mkdirSync(join(modelsDir, id));
  if (files.card !== undefined) writeFileSync(join(modelsDir, id, 'card.yaml'), files.card);
  if (files.onnx === true) writeFileSync(join(modelsDir, id, 'tiny.onnx'), 'x');
  return id;
}

describe('a detector model', () => {
  it('is shipped', async () => {
    const shipped = await loadModel({ id: 'nanodet-g', modelsDir: shippedFolders.modelsDir });
    expect(shipped).toMatchObject({ kind: 'available', card: { model: 'nanodet-g' } });
  });

  it('is available when its card is right and its file is there', async () => {
    const id = write('whole', { card: CARD, onnx: true });
    expect(await loadModel({ id, modelsDir })).toMatchObject({
      kind: 'available',
      file: join(modelsDir, id, 'tiny.onnx'),
      card: { labels: ['car', 'truck'], input: { widthPx: 416 } },
    });
  });

  it('of the shipped ones is found from any folder; one of one’s own stands in its place', async () => {
    const found = await loadModel({ id: 'nanodet-g', modelsDir });
    expect(found).toMatchObject({ dir: join(shippedFolders.modelsDir, 'nanodet-g') });
    const nowhere = await loadModel({ id: 'nanodet-g', modelsDir: join(modelsDir, 'nowhere') });
    expect(nowhere).toMatchObject({ kind: 'unavailable', problem: { code: 'model-missing' } });
    const own = write('nanodet-g', { card: CARD, onnx: true });
    expect(await loadModel({ id: own, modelsDir })).toMatchObject({ dir: join(modelsDir, own) });
  });

  it('takes frames as they are unless its card says otherwise', async () => {
    const id = write('plain', { card: CARD, onnx: true });
    expect(await loadModel({ id, modelsDir })).toMatchObject({
      card: {
        precision: 'auto',
        input: { pixels: { type: 'uint8', layout: 'chw', channels: 'gbr', divideBy: 1, std: [1, 1, 1] } },
      },
    });
  });

  it.each([
    ['no-card', { onnx: true }, 'model-missing', 'card.yaml'],
    ['no-file', { card: CARD }, 'model-missing', 'tiny.onnx'],
    ['broken-card', { card: 'model: [', onnx: true }, 'model-invalid', 'card.yaml:1'],
    [
      'short-digest',
      { card: CARD.replace(/0f0f/, ''), onnx: true },
      'model-invalid',
      '64 lower-case hex digits',
    ],
    ['no-source', { card: CARD.replace(/source.*\n/, ''), onnx: true }, 'model-invalid', 'source'],
    [
      'odd-size',
      { card: CARD.replace('heightPx: 256', 'heightPx: 250'), onnx: true },
      'model-invalid',
      'multiples of multipleOf',
    ],
    [
      'unnamed-outputs',
      { card: CARD.replace('detections-with-class-scores', 'detr'), onnx: true },
      'model-invalid',
      'the outputs boxes and scores',
    ],
    [
      'unknown-family',
      { card: CARD.replace('detections-with-class-scores', 'yolov99'), onnx: true },
      'model-invalid',
      'yolov8',
    ],
    [
      'int8-unchecked',
      { card: `${CARD}int8: { file: tiny-int8.onnx, sha256: ${'0f'.repeat(32)} }\n`, onnx: true },
      'model-invalid',
      'a self-check',
    ],
    ['int8-missing', { card: `${CARD}precision: int8\n`, onnx: true }, 'model-invalid', 'names no int8 file'],
    [
      'deviation-of-zero',
      { card: CARD.replace('multipleOf: 32', 'multipleOf: 32, pixels: { std: [1, 0, 1] }'), onnx: true },
      'model-invalid',
      'numbers above 0',
    ],
    ['path-as-file', { card: CARD.replace('tiny.onnx', '../x.onnx') }, 'model-invalid', '.onnx'],
  ] as const)('is unavailable, with the reason, when it is %s', async (id, files, code, words) => {
    write(id, files);
    const model = await loadModel({ id, modelsDir });
    expect(model).toMatchObject({ kind: 'unavailable', problem: { code } });
    expect(model.kind === 'unavailable' ? model.problem.message : '').toContain(words);
  });
});
