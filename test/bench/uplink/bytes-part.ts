/** What storing costs the disk: rows a second, bytes for each record, and how often the disk is waited for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCommand } from '../common/programs.ts';
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import type { WritingTask, WritingWork, Written } from './store-writer.ts';
import { type DiskWrites, readDiskWrites, traceInto } from './traced-writes.ts';

const BATCHES = [1, 10, 50] as const;
const COMMITS = 400;
const MINUTES = 60;
/** The site file's default for `store.passagesWaitS`. */
const DEFAULT_WAIT_MS = 20_000;
const GOAL_BYTES = 4096;

const IN_SERVICE = 'design load, passages kept here, as by default';
const PUBLISHED = 'design load, passages sent too';
const WORKS: Readonly<Record<string, WritingWork>> = {
  ...Object.fromEntries(BATCHES.map((batch) => [`${batch} a commit`, batches(batch)])),
  [IN_SERVICE]: load(DEFAULT_WAIT_MS, false),
  [PUBLISHED]: load(DEFAULT_WAIT_MS, true),
  'the same, passagesWaitS: 0.2': load(200, true),
};

/** Bytes and syncs do not depend on the machine's load: they are counted once. */
interface Counted {
  readonly stored: DiskWrites;
  readonly acknowledged: DiskWrites;
}

export async function bytes(context: BenchContext): Promise<void> {
  const { rounds } = context.options;
  const canCount = spawnSync('strace', ['-V']).status === 0;
  const rows: string[][] = [];
  const perRecord = new Map<string, number>();
  for (const [name, work] of Object.entries(WORKS)) {
    const runs = Array.from({ length: rounds }, () => write(context, { work, acknowledge: true }).written);
    const [{ records, commits } = { records: 0, commits: 0 }] = runs;
    const counted = canCount ? countWrites(context, work) : null;
    if (counted !== null) perRecord.set(name, counted.acknowledged.bytes / records);
    rows.push([
      name,
      figure(records, 0),
      figure(commits, 0),
      figure(median(runs.map(({ perS }) => perS)), 0),
      figure(counted && counted.stored.bytes / records, 0),
      figure(counted && counted.acknowledged.bytes / records, 0),
      figure(counted && counted.stored.syncs / commits, 2),
    ]);
    note(`bytes: ${name}`);
  }
  say(`Storing, synchronous = FULL, each commit acknowledged by one more (n = ${rounds} for records/s)`);
  const columns = [
    'how',
    'records',
    'commits',
    'records/s',
    'bytes stored',
    'and acknowledged',
    'syncs a commit',
  ];
  table([columns, ...rows]);
  if (!canCount) say('  strace is not there to count what goes to the disk');
  for (const name of [IN_SERVICE, PUBLISHED]) {
    const measured = perRecord.get(name) ?? null;
    goal(`${name}: at most ${GOAL_BYTES} bytes a record`, measured, (value) => value <= GOAL_BYTES);
  }
  say();
  await Promise.resolve();
}

function countWrites(context: BenchContext, work: WritingWork): Counted {
  const of = (acknowledge: boolean) => write(context, { work, acknowledge }, traceInto).writes;
  return { stored: of(false), acknowledged: of(true) };
}

function write(
  context: BenchContext,
  wish: Omit<WritingTask, 'file'>,
  trace?: (file: string) => readonly string[],
): { readonly written: Written; readonly writes: DiskWrites } {
  const folder = mkdtempSync(join(context.folder, 'writer-'));
  try {
    const task: WritingTask = { ...wish, file: join(folder, 'store.db') };
    const traced = join(folder, 'writes.txt');
    const command = nodeCommand(import.meta.dirname, 'store-writer.ts', JSON.stringify(task));
    const [program = '', ...args] = [...(trace?.(traced) ?? []), ...command];
    const output = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const writes = trace === undefined ? { bytes: 0, syncs: 0 } : readDiskWrites(traced);
    return { written: JSON.parse(output), writes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function batches(batch: number): WritingWork {
  return { kind: 'batches', batch, commits: COMMITS };
}

function load(passagesWaitMs: number, publishPassages: boolean): WritingWork {
  return { kind: 'design-load', minutes: MINUTES, passagesWaitMs, publishPassages };
}
