/**
 * The outbox, the relay and the reconnecting, in a simulated world: docs/simulation.md. SIMULATION_SEEDS asks for more
 * seeds than the few of an ordinary run, SIMULATION_FROM for others.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { MUTANTS } from '../simulation/mutants.table.ts';
import { writeMutant } from '../simulation/mutated-code.ts';

const RUN = join(import.meta.dirname, '../simulation/run.ts');
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 1000);
const FROM = Number(process.env['SIMULATION_FROM'] ?? 1);
const WORKERS = Math.min(4, availableParallelism());
/** Of one process: each store that is opened leaves some 40 kB of the database library's memory behind. */
const SEEDS_AT_ONCE = 500;
const TIMEOUT_MS = 1_800_000;

interface Ran {
  readonly code: number;
  readonly said: string;
}

function simulation(...options: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const output = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
    execFile(process.execPath, [RUN, ...options], output, (failure, stdout, stderr) => {
      resolve({ code: failure === null ? 0 : Number(failure.code ?? 1), said: stdout + stderr });
    });
  });
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test(`nothing is lost, altered, doubled or held up over ${SEEDS} seeds from ${FROM}`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const failed: Ran[] = [];
  let next = FROM;
  const work = async (): Promise<void> => {
    while (next < FROM + SEEDS && failed.length === 0) {
      const seeds = Math.min(SEEDS_AT_ONCE, FROM + SEEDS - next);
      next += seeds;
      const ran = await simulation('--from', String(next - seeds), '--seeds', String(seeds));
      process.stdout.write(ran.said);
      if (ran.code !== 0) failed.push(ran);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  expect(failed).toEqual([]);
});

test('a seed replays to the same trace', { timeout: TIMEOUT_MS }, async () => {
  const traces = await Promise.all([1, 2].map(() => simulation('--from', '22', '--trace')));
  const [first, second] = traces.map(({ said }) => said.split('\n').slice(0, -2));
  expect(first?.length).toBeGreaterThan(100);
  expect(second).toEqual(first);
});

test.each(MUTANTS)('a mutant is found: $name', { timeout: TIMEOUT_MS }, async (mutant) => {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-mutant-'));
  folders.push(folder);
  const { code, said } = await simulation('--seeds', '1000', '--code', writeMutant(mutant, folder));
  expect(said).toMatch(/^seed \d+ breaks what is promised/m);
  expect(code).toBe(1);
});
