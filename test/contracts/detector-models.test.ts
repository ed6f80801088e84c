import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { DECODER_NAMES, type DecoderName } from '../../src/base/detector-outputs.ts';
import { displayWidth } from '../../src/cli/text-table.ts';
import { openDetectorThread } from '../../src/sensors/detector-thread.ts';
import type { ModelPlan } from '../../src/sensors/vision/detector-session.ts';
import { ENCODERS, LABELS, labelled, NET, type Truth } from '../fakes/detector-outputs.ts';
import { type FakeOutput, onnxFile } from '../fakes/onnx-file.ts';
import { CLI, cli, type Said } from '../fakes/run-cli.ts';

const SHIPPED = fileURLToPath(new URL('../../models/nanodet-g', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'roadside-own-models-'));
afterAll(() => rmSync(dir, { recursive: true }));

const ROAD: readonly Truth[] = [
  { box: [20, 30, 60, 58], label: 'car', score: 0.91 },
  { box: [100, 40, 180, 120], label: 'bus', score: 0.72 },
];
const IMAGES = { images: { type: 'float32', dims: [1, 3, NET.heightPx, NET.widthPx] } } as const;

/** A file of a family that always sees ROAD, and what its card says of its outputs. */
function fileOf(family: DecoderName): { readonly file: string; readonly plan: ModelPlan } {
  const outputs = ENCODERS[family](ROAD) as Readonly<Record<string, FakeOutput>>;
  const content = onnxFile({ inputs: IMAGES, outputs });
  const file = join(dir, `${family}.onnx`);
  writeFileSync(file, content);
  const roles = Object.keys(outputs);
  const plan: ModelPlan = {
    id: family,
    file,
    sha256: createHash('sha256').update(content).digest('hex'),
    decoder: family,
    labels: [...LABELS],
    inputWidthPx: NET.widthPx,
    inputHeightPx: NET.heightPx,
    scoreThreshold: 0.5,
    iouThreshold: 0.5,
    pixels: {
      type: 'float32',
      layout: 'nchw',
      channels: 'rgb',
      divideBy: 255,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    },
    ...(roles.length > 1 && { outputs: Object.fromEntries(roles.map((role) => [role, role])) }),
  };
  return { file, plan };
}

describe('an ONNX file of each family is read by the service’s own runtime', () => {
  test.each(DECODER_NAMES)('%s', async (family) => {
    const detector = await openDetectorThread(fileOf(family).plan);
    const found = await detector.detect(new Uint8Array(new SharedArrayBuffer(detector.frameBytes)));
    await detector.release();
    expect(found.map(({ class: roadUser }) => roadUser)).toEqual(['car', 'bus']);
    found.forEach(({ box, score }, index) => {
      ROAD[index]?.box.forEach((side, at) => {
        expect(box[at]).toBeCloseTo(side, 2);
      });
      expect(score).toBeCloseTo(ROAD[index]?.score ?? 0, 3);
    });
  });

  test('RT-DETR with its authors’ post-processing, which asks for the size', async () => {
    const { boxes, scores, labels } = labelled(ROAD, { corners: 'xyxy', unit: 'pixels' });
    if (boxes === undefined || scores === undefined || labels === undefined) throw new Error('no outputs');
    const whole = { dims: labels.dims, data: BigInt64Array.from(labels.data, (label) => BigInt(label)) };
    const content = onnxFile({
      inputs: { ...IMAGES, orig_target_sizes: { type: 'int64', dims: ['n', 2] } },
      outputs: { labels: whole, boxes, scores },
    });
    const file = join(dir, 'rtdetr.onnx');
    writeFileSync(file, content);
    const detector = await openDetectorThread({
      ...fileOf('detr').plan,
      file,
      sha256: createHash('sha256').update(content).digest('hex'),
      outputs: { boxes: 'boxes', scores: 'scores', labels: 'labels' },
    });
    const found = await detector.detect(new Uint8Array(new SharedArrayBuffer(detector.frameBytes)));
    await detector.release();
    expect(found.map(({ class: roadUser }) => roadUser)).toEqual(['car', 'bus']);
  });
});

/** `roadside models …` */
const roadside = (...args: readonly string[]): Promise<Said> => cli('models', ...args);

function expectScreen(text: string): void {
  for (const line of text.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(80);
}

/** Runs a command at a terminal and presses a key when it asks something. */
const AT_THE_QUESTION = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
said = b''
asked = False
while True:
    try: said += os.read(terminal, 4096)
    except OSError: break
    if not asked and b'Which one is it?' in said:
        asked = True
        os.write(terminal, sys.argv[1].encode())
print(said.decode())
`;
const WITHIN_MS = { timeout: 60_000 };
const AS_YOLOV8 = ['--decoder', 'yolov8', '--labels', LABELS.join(',')];
const NAMED = ['--licence', 'AGPL-3.0-only', '--holder', 'Ultralytics'];

describe('roadside models', () => {
  test('lists, verifies and measures the shipped model', async () => {
    const [list, verify] = [await roadside('list'), await roadside('verify')];
    expect(list).toMatchObject({ code: 0, out: expect.stringContaining('Apache-2.0+MIT') });
    expect(verify).toMatchObject({ code: 0, out: expect.stringContaining('int8 self-check') });
    const bench = await roadside('bench', 'nanodet-g', '--seconds', '1', '--json');
    expect(JSON.parse(bench.out)).toMatchObject(
      ['fp32 1', 'fp32 2', 'int8 1', 'int8 2'].map((row) => {
        const [precision, threads] = row.split(' ');
        return { precision, threads: Number(threads), medianMs: expect.any(Number) };
      }),
    );
    expectScreen(list.out + verify.out);
  });

  test('says which file is not what its card names', async () => {
    const models = join(dir, 'changed');
    cpSync(SHIPPED, join(models, 'nanodet-g'), { recursive: true });
    const file = join(models, 'nanodet-g', 'nanodet-g-int8.onnx');
    const content = readFileSync(file);
    content.writeUInt8(content.readUInt8(2_000_000) ^ 1, 2_000_000);
    writeFileSync(file, content);
    const verify = await roadside('verify', '--models', models);
    expect(verify).toMatchObject({
      code: 1,
      out: expect.stringContaining('nanodet-g-int8.onnx: sha256 WRONG'),
    });
    expect(await roadside('list', '--models', models)).toMatchObject({ code: 1 });
    expectScreen(verify.out);
  });

  test.each(DECODER_NAMES)('add offers %s for its outputs', async (family) => {
    const asked = await roadside('add', fileOf(family).file, '--models', join(dir, 'offers'), ...NAMED);
    expect(asked.code).toBe(1);
    expect(asked.out.replaceAll(/\s+/g, ' ')).toMatch(new RegExp(`[ :]${family}( \\(|,|$| )`));
    expectScreen(asked.out);
  });

  test('a folder that is not there is a mistake, not a folder without models', async () => {
    for (const task of ['list', 'verify', 'bench']) {
      const said = await roadside(task, '--models', join(dir, 'nowhere'));
      expect(said).toMatchObject({ code: 1, error: expect.stringContaining('model-missing') });
    }
  });

  test('adds a model of one’s own, which then verifies', async () => {
    const models = join(dir, 'added');
    const { file } = fileOf('yolov8');
    const labels = ['--labels', LABELS.join(',')];
    const added = await roadside('add', file, '--models', models, ...NAMED, '--decoder', 'yolov8', ...labels);
    expect(added.error).toBe('');
    expect(added.out).toContain('AGPL');
    expectScreen(added.out);
    const card = readFileSync(join(models, 'yolov8', 'card.yaml'), 'utf8');
    expect(card).toContain('choice of the user');
    expect(await roadside('verify', 'yolov8', '--models', models)).toMatchObject({ code: 0 });
    const listed = await roadside('list', '--models', models, '--json');
    expect(JSON.parse(listed.out)).toMatchObject([
      { model: 'nanodet-g' },
      { model: 'yolov8', decoder: 'yolov8', licence: 'AGPL-3.0-only', files: [{ isOk: true }] },
    ]);
    const again = await roadside('add', file, '--models', models, ...NAMED, '--decoder', 'yolov8', ...labels);
    expect(again).toMatchObject({ code: 1, error: expect.stringContaining('never written over') });
  });

  test('an add that is killed leaves nothing that lists as a model, and is done again', async () => {
    const models = join(dir, 'killed');
    const task = ['add', fileOf('yolov8').file, '--models', models, ...NAMED, ...AS_YOLOV8];
    const adding = spawn(process.execPath, [CLI, 'models', ...task], { stdio: 'ignore' });
    const ended = once(adding, 'exit');
    await vi.waitUntil(() => existsSync(models) && readdirSync(models).length > 0, WITHIN_MS);
    adding.kill('SIGKILL');
    await ended;
    expect(await roadside('list', '--models', models), 'nothing half-made').toMatchObject({ code: 0 });
    expect(await roadside(...task)).toMatchObject({ code: 0, error: '' });
    expect(readdirSync(models)).toEqual(['yolov8']);
  });

  test('what cannot be written is said, not thrown at the user', async () => {
    const blocked = join(dir, 'a-file');
    writeFileSync(blocked, '');
    const said = await roadside('add', fileOf('yolov8').file, '--models', blocked, ...NAMED, ...AS_YOLOV8);
    expect(said).toMatchObject({ code: 1, error: expect.stringMatching(/^model-unwritable: cannot write/) });
    expect(said.error).not.toContain('    at ');
  });

  test('a file that takes no picture is refused before anything is asked about it', async () => {
    const inputs = { images: { type: 'float16', dims: [1, 3, NET.heightPx, NET.widthPx] } } as const;
    const outputs = ENCODERS.yolov8(ROAD) as Readonly<Record<string, FakeOutput>>;
    const file = join(dir, 'half.onnx');
    writeFileSync(file, onnxFile({ inputs, outputs }));
    const refused = await roadside('add', file, '--models', join(dir, 'half'), ...NAMED);
    expect(refused).toMatchObject({
      code: 1,
      out: '',
      error: expect.stringContaining('become float16[1, 3'),
    });
  });

  test.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('%s at the question is no crash', async (_, key) => {
    const task = [CLI, 'models', 'add', fileOf('yolov8').file, '--models', join(dir, 'asked'), ...NAMED];
    const run = promisify(execFile)('python3', ['-c', AT_THE_QUESTION, key, process.execPath, ...task]);
    const { stdout } = await run;
    expect(stdout).toContain('usage-invalid: no decoder is named; they fit yolov8 (8 labels)');
    expect(stdout).not.toContain('    at ');
  });

  test('the name of a shipped model is taken', async () => {
    const models = join(dir, 'same-name');
    const named = [...NAMED, ...AS_YOLOV8, '--id', 'nanodet-g'];
    const said = await roadside('add', fileOf('yolov8').file, '--models', models, ...named);
    expect(said).toMatchObject({ code: 1, error: expect.stringContaining('never written over') });
  });

  test('lists folders that can be models, also behind links, and passes over others', async () => {
    const models = join(dir, 'mixed');
    for (const other of ['.git', 'lost+found']) mkdirSync(join(models, other), { recursive: true });
    symlinkSync(SHIPPED, join(models, 'linked'));
    const listed = await roadside('list', '--models', models, '--json');
    expect(JSON.parse(listed.out)).toMatchObject([{ model: 'linked' }, { model: 'nanodet-g' }]);
  });

  test.each<readonly [claim: string, args: readonly string[], words: string]>([
    ['a licence', ['--decoder', 'yolov8', '--labels', LABELS.join(',')], 'licence'],
    ['a licence that is not blank', ['--licence', ' ', '--holder', 'x', ...AS_YOLOV8], 'licence'],
    ['a decoder, naming those that fit', [...NAMED, '--labels', LABELS.join(',')], 'yolov8 (8 labels)'],
    ['a decoder that fits', [...NAMED, '--decoder', 'yolox', '--labels', LABELS.join(',')], 'fit yolov8'],
    [
      'labels, as many as there are classes',
      [...NAMED, '--decoder', 'yolov8', '--labels', 'coco'],
      '8 labels',
    ],
  ])('add asks for %s and leaves nothing behind', async (claim, args, words) => {
    const models = join(dir, `refused-${claim.length}`);
    const refused = await roadside('add', fileOf('yolov8').file, '--models', models, ...args);
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining(words) });
    expect(() => readdirSync(models)).toThrow('ENOENT');
  });

  test('a file that is no model is refused, not guessed at', async () => {
    const file = join(dir, 'text.onnx');
    writeFileSync(file, 'hello');
    const refused = await roadside('add', file, '--models', join(dir, 'text'), ...NAMED);
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining('model-invalid') });
    const absent = await roadside('add', join(dir, 'absent.onnx'), '--models', join(dir, 'text'), ...NAMED);
    expect(absent).toMatchObject({ code: 1, error: expect.stringContaining('model-missing') });
  });
});
