/**
 * The outbox, the relay and the reconnecting, in a simulated world: docs/simulation.md. `npm run test:faults` runs ten
 * thousand seeds; SIMULATION_SEEDS asks for more than the few of an ordinary run here, SIMULATION_FROM for others.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { simulateMany } from '../simulation/many-seeds.ts';
import { MUTANTS } from '../simulation/mutants.table.ts';
import { writeMutant } from '../simulation/mutated-code.ts';

const RUN = join(import.meta.dirname, '../simulation/run.ts');
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 300);
const FROM = Number(process.env['SIMULATION_FROM'] ?? 1);
const TIMEOUT_MS = 1_800_000;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test(`nothing is lost, altered, doubled or held up over ${SEEDS} seeds from ${FROM}`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const { sums, failure } = await simulateMany({ from: FROM, seeds: SEEDS });
  expect(failure).toBe(null);
  expect(sums.seeds).toBe(SEEDS);
});

test('a seed replays to the same trace', { timeout: TIMEOUT_MS }, () => {
  const traced = (): string[] =>
    execFileSync(process.execPath, [RUN, '--from', '22', '--trace'], { encoding: 'utf8' })
      .split('\n')
      .slice(0, -2);
  const first = traced();
  expect(first.length).toBeGreaterThan(100);
  expect(traced()).toEqual(first);
});

test.each(MUTANTS)('a mutant is found: $name', { timeout: TIMEOUT_MS }, async (mutant) => {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-mutant-'));
  folders.push(folder);
  const code = writeMutant(mutant, folder);
  const { failure } = await simulateMany({ from: mutant.from ?? 1, seeds: 1000, code });
  expect(failure).toMatch(/^seed \d+ breaks what is promised/m);
});
