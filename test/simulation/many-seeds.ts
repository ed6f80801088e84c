import { fork } from 'node:child_process';
import { availableParallelism, setPriority } from 'node:os';
import { join } from 'node:path';
import { addSums, NO_SUMS, type Sums } from './sums.ts';

export interface ManySeeds {
  readonly sums: Sums;
  /** What the first process said that met a broken promise, or could not go on; null when all was well. */
  readonly failure: string | null;
}

export interface ManySeedsOptions {
  readonly from: number;
  readonly seeds: number;
  /** The folder of the code to test; the product's own when absent. */
  readonly code?: string;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

const RUN = join(import.meta.dirname, 'run.ts');
const WORKERS = Math.min(4, availableParallelism());
/** Of one process: each store that is opened leaves some 40 kB of the database library's memory behind. */
const SEEDS_AT_ONCE = 500;
/** Nothing in a simulated world is late: what runs beside it goes first. */
const NICE = 5;

/** Runs the seeds on all processors until one breaks a promise. */
export async function simulateMany(options: ManySeedsOptions): Promise<ManySeeds> {
  const { from, seeds } = options;
  let sums = NO_SUMS;
  let failure: string | null = null;
  let next = from;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, options.signal ?? over.signal]);
  const work = async (): Promise<void> => {
    while (next < from + seeds && failure === null) {
      const part = { from: next, seeds: Math.min(SEEDS_AT_ONCE, from + seeds - next) };
      next += part.seeds;
      const ran = await simulateSome({ ...options, ...part, signal });
      sums = addSums(sums, ran.sums);
      failure ??= ran.failure;
      if (failure !== null) over.abort();
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return { sums, failure };
}

function simulateSome({ from, seeds, code, signal }: ManySeedsOptions): Promise<ManySeeds> {
  const args = [
    '--from',
    String(from),
    '--seeds',
    String(seeds),
    ...(code === undefined ? [] : ['--code', code]),
  ];
  let said = '';
  const child = fork(RUN, args, { silent: true, ...(signal === undefined ? {} : { signal }) });
  child.on('error', (error) => {
    said += String(error);
  });
  if (child.pid !== undefined) setPriority(child.pid, NICE);
  let sums = NO_SUMS;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  child.on('message', (reported) => {
    sums = reported as Sums;
  });
  return new Promise((resolve) => {
    child.once('close', (exit) => resolve({ sums, failure: exit === 0 ? null : said }));
  });
}
