import { parseArgs } from 'node:util';
import { tryModel } from '../../app/model-trial.ts';
import { planModel } from '../../app/plans.ts';
import { assertNever } from '../../base/assert-never.ts';
import { RoadsideError } from '../../base/errors.ts';
import { round } from '../../base/units.ts';
import { shippedFolders } from '../../catalog/shipped.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage, parseWhole } from '../command-options.ts';
import { type AddOptions, addModel } from '../models/add-model.ts';
import { type AvailableModel, checkHashes, type ModelFile, readModels } from '../models/model-folder.ts';
import { hashText, modelList, modelRow, wrapped } from '../models/model-lines.ts';
import { alignColumns } from '../text-table.ts';

export const MODELS_USAGE = `roadside models list [--models DIR] [--json]
roadside models verify [MODEL…] [--models DIR] [--json]
roadside models bench [MODEL…] [--seconds 2] [--models DIR] [--json]
roadside models add FILE.onnx --models DIR [--id NAME] --licence SPDX
    --holder NAME [--decoder NAME] [--labels coco|coco91|car,bus,…]
    [--boxes cxcywh,fraction] [--size 640x384]`;

const TASKS = ['list', 'verify', 'bench', 'add'] as const;
const BENCH_THREADS = [1, 2] as const;

interface ModelsOptions {
  readonly task: (typeof TASKS)[number];
  readonly names: readonly string[];
  readonly modelsDir: string;
  readonly seconds: number;
  readonly json: boolean;
  readonly add: Omit<AddOptions, 'file' | 'modelsDir'>;
}

/** The detector models: which there are, whether they are sound, how fast they are, and one of the user's own. */
export async function runModels(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseModelsArgs(args);
  switch (options.task) {
    case 'list':
      return await listModels(options, io);
    case 'verify':
      return await verifyModels(options, io);
    case 'bench':
      return await benchModels(options, io);
    case 'add': {
      const [file = ''] = options.names;
      return await addModel({ ...options.add, file, modelsDir: options.modelsDir }, io);
    }
    default:
      return assertNever(options.task);
  }
}

async function listModels({ modelsDir, json }: ModelsOptions, io: CommandIo): Promise<number> {
  const rows = [];
  for (const model of await readModels(modelsDir, [])) {
    const files = model.loaded.kind === 'available' ? await checkHashes(model.loaded) : [];
    rows.push(modelRow(model, files));
  }
  io.out(json ? JSON.stringify(rows, null, 2) : modelList(rows).join('\n'));
  const isSound = rows.every(({ problem, files }) => problem === null && files.every(({ isOk }) => isOk));
  return isSound ? 0 : 1;
}

interface Verdict {
  readonly model: string;
  /** What was tried and how it went. */
  readonly checks: readonly { readonly check: string; readonly problem: string | null }[];
}

async function verifyModels({ modelsDir, names, json }: ModelsOptions, io: CommandIo): Promise<number> {
  const verdicts: Verdict[] = [];
  for (const model of await readModels(modelsDir, names)) {
    const verdict = { model: model.id, checks: await verifyModel(model) };
    verdicts.push(verdict);
    if (!json) io.out(verdictLines(verdict).join('\n'));
  }
  if (json) io.out(JSON.stringify(verdicts, null, 2));
  const failed = verdicts.filter(({ checks }) => checks.some(({ problem }) => problem !== null)).length;
  if (!json) io.out(`${verdicts.length} models 个模型, ${failed} failed 个未通过`);
  return failed === 0 ? 0 : 1;
}

async function verifyModel({ loaded }: ModelFile): Promise<Verdict['checks']> {
  if (loaded.kind === 'unavailable') return [{ check: 'card 说明卡', problem: loaded.problem.message }];
  const hashes = (await checkHashes(loaded)).map(({ file, isOk }) => ({
    check: file,
    problem: isOk === true ? null : hashText(isOk),
  }));
  const { results } = await tryModel({ kind: 'verify', model: planModel(loaded) });
  const check = loaded.card.selfCheck === undefined ? 'loads 可加载' : 'self-check 自检';
  return [
    ...hashes,
    ...results.map(({ precision, problem }) => ({ check: `${precision} ${check}`, problem })),
  ];
}

function verdictLines({ model, checks }: Verdict): readonly string[] {
  const isSound = checks.every(({ problem }) => problem === null);
  return [
    `${isSound ? 'ok  ' : 'FAIL'} ${model}`,
    ...checks.flatMap(({ check, problem }) => wrapped(`    ${check}: ${problem ?? 'ok 通过'}`)),
  ];
}

interface BenchRow {
  readonly model: string;
  readonly precision: 'fp32' | 'int8';
  readonly threads: number;
  readonly medianMs: number;
  readonly slowestMs: number;
  readonly runs: number;
}

async function benchModels(options: ModelsOptions, io: CommandIo): Promise<number> {
  const rows: BenchRow[] = [];
  let failed = 0;
  for (const { id, loaded } of await readModels(options.modelsDir, options.names)) {
    try {
      if (loaded.kind === 'unavailable') throw loaded.problem;
      rows.push(...(await benchModel(loaded, 1000 * options.seconds)));
    } catch (error) {
      if (!(error instanceof RoadsideError)) throw error;
      failed += 1;
      io.error(wrapped(`${id}: ${error.message}`).join('\n'));
    }
  }
  io.out(options.json ? JSON.stringify(rows, null, 2) : benchTable(rows).join('\n'));
  return failed === 0 ? 0 : 1;
}

async function benchModel(loaded: AvailableModel, forMs: number): Promise<readonly BenchRow[]> {
  const model = planModel(loaded);
  const rows: BenchRow[] = [];
  for (const precision of model.int8 === undefined ? (['fp32'] as const) : (['fp32', 'int8'] as const)) {
    for (const threads of BENCH_THREADS) {
      const { medianMs, slowestMs, runs } = await tryModel({
        kind: 'bench',
        model,
        precision,
        threads,
        forMs,
      });
      rows.push({
        model: model.id,
        precision,
        threads,
        medianMs: round(medianMs, 1),
        slowestMs: round(slowestMs, 1),
        runs,
      });
    }
  }
  return rows;
}

function benchTable(rows: readonly BenchRow[]): readonly string[] {
  return [
    ...alignColumns([
      ['model', 'precision', 'threads', 'ms per picture', 'slowest', 'runs'],
      ['模型', '精度', '线程', '每帧毫秒', '最慢', '次数'],
      ...rows.map((row) => [
        row.model,
        row.precision,
        String(row.threads),
        row.medianMs.toFixed(1),
        row.slowestMs.toFixed(1),
        String(row.runs),
      ]),
    ]),
    'Medians on this machine, as busy as it is now. 本机当前负载下的中位数。',
  ];
}

function parseModelsArgs(args: readonly string[]): ModelsOptions {
  return parseUsage(MODELS_USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        models: { type: 'string' },
        seconds: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        id: { type: 'string' },
        licence: { type: 'string' },
        holder: { type: 'string' },
        decoder: { type: 'string' },
        labels: { type: 'string' },
        boxes: { type: 'string' },
        size: { type: 'string' },
      },
    });
    const [word, ...names] = positionals;
    const task = TASKS.find((one) => one === word);
    if (task === undefined) throw new RangeError('expected list, verify, bench or add');
    if (task === 'list' && names.length > 0) throw new RangeError('list takes no names');
    if (task === 'add' && (names.length !== 1 || values.models === undefined)) {
      throw new RangeError('add takes one file, and --models with the folder for models of your own');
    }
    const { id = null, licence = null, holder = null, decoder = null } = values;
    const { labels = null, boxes = null, size = null } = values;
    return {
      task,
      names,
      modelsDir: values.models ?? shippedFolders.modelsDir,
      seconds: parseWhole('--seconds', values.seconds, { from: 1, to: 60 }),
      json: values.json,
      add: { id, licence, holder, decoder, labels, boxes, size },
    };
  });
}
