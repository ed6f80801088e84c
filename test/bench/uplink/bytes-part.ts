/** What storing costs the disk: rows a second, bytes for each record, and how often the disk is waited for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCommand } from '../shared/programs.ts';
import { median } from '../shared/quantile.ts';
import { figure, goal, note, say, table } from '../shared/report.ts';
import type { BenchContext } from './bench-context.ts';
import type { StoreCost, WritingTask } from './store-writer.ts';

const BATCHES = [1, 10, 50] as const;
const COMMITS = 400;
const MINUTES = 60;
/** The site file's default for `store.passagesWaitS`. */
const DEFAULT_WAIT_MS = 30_000;
const GOAL_BYTES = 4096;

type Wish = WritingTask extends infer Task ? (Task extends WritingTask ? Omit<Task, 'file'> : never) : never;

interface Row {
  readonly name: string;
  readonly task: Wish;
}

const load = (passagesWaitMs: number, publishPassages: boolean): Wish => ({
  kind: 'design-load',
  minutes: MINUTES,
  passagesWaitMs,
  publishPassages,
});
const IN_SERVICE = 'design load, passages kept here, as by default';
const PUBLISHED = 'design load, passages sent too';
const ROWS: readonly Row[] = [
  ...BATCHES.map(
    (batch): Row => ({ name: `${batch} a commit`, task: { kind: 'batches', batch, commits: COMMITS } }),
  ),
  { name: IN_SERVICE, task: load(DEFAULT_WAIT_MS, false) },
  { name: PUBLISHED, task: load(DEFAULT_WAIT_MS, true) },
  { name: 'the same, passagesWaitS: 0', task: load(0, true) },
];

export async function bytes(context: BenchContext): Promise<void> {
  const { rounds } = context.options;
  const costs = new Map<string, StoreCost[]>(ROWS.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, task } of ROWS) {
      const cost = write(context, task);
      costs.get(name)?.push(cost);
      note(`bytes, round ${round} of ${rounds}: ${name} ${cost.acknowledgedBytes.toFixed(0)}`);
    }
  }
  print(costs, rounds);
  sayFsyncs(context);
  await Promise.resolve();
}

function write(context: BenchContext, wish: Wish, before: readonly string[] = []): StoreCost {
  const folder = mkdtempSync(join(context.folder, 'writer-'));
  try {
    const task = { ...wish, file: join(folder, 'store.db') };
    const command = nodeCommand(import.meta.dirname, 'store-writer.ts', JSON.stringify(task));
    const [program = '', ...args] = [...before, ...command];
    const output = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    return JSON.parse(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function print(costs: ReadonlyMap<string, readonly StoreCost[]>, rounds: number): void {
  const of = (name: string, take: (cost: StoreCost) => number): number =>
    median((costs.get(name) ?? []).map(take));
  const acknowledged = (name: string): number => of(name, ({ acknowledgedBytes }) => acknowledgedBytes);
  say(
    `Storing, synchronous = FULL, and acknowledging each commit (medians of ${rounds} rounds; write_bytes of the process)`,
  );
  table([
    ['how', 'records', 'commits', 'records/s', 'bytes a record stored', 'and acknowledged'],
    ...[...costs.keys()].map((name) => [
      name,
      figure(
        of(name, ({ records }) => records),
        0,
      ),
      figure(
        of(name, ({ commits }) => commits),
        0,
      ),
      figure(
        of(name, ({ perS }) => perS),
        0,
      ),
      figure(
        of(name, ({ storedBytes }) => storedBytes),
        0,
      ),
      figure(acknowledged(name), 0),
    ]),
  ]);
  if (acknowledged(IN_SERVICE) === 0) say('  the folder is in memory: put TMPDIR on a disk');
  for (const name of [IN_SERVICE, PUBLISHED]) {
    goal(`${name}: at most ${GOAL_BYTES} bytes a record`, acknowledged(name), (value) => value <= GOAL_BYTES);
  }
}

/** How often a commit waits for the disk, counted by the kernel's own witness. */
function sayFsyncs(context: BenchContext): void {
  const report = join(context.folder, 'fsyncs.txt');
  if (spawnSync('strace', ['-V']).status !== 0) {
    say('  syncs of the disk: strace is not there to count them\n');
    return;
  }
  const strace = ['strace', '-f', '-o', report, '-e', 'trace=fsync,fdatasync'];
  write(context, { kind: 'batches', batch: 10, commits: COMMITS }, strace);
  const syncs = readFileSync(report, 'utf8')
    .split('\n')
    .filter((line) => /\bf(data)?sync\(/.test(line)).length;
  const commits = 2 * COMMITS;
  say(
    `  syncs of the disk: ${syncs} for ${commits} commits (storing and acknowledging), opening and checkpoints included\n`,
  );
}
