import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { simulateMany } from '../../simulation/many-seeds.ts';
import { MUTANTS } from '../../simulation/mutants.table.ts';
import { writeMutant } from '../../simulation/mutated-code.ts';
import { type Outcome, type Scenario, type Stand, unless } from '../scenario.ts';

const SEEDS = 10_000;
/** `npm test` tries all of them. */
const SHORT_CONTROLS = 3;
const CONTROL_SEEDS = 1000;
const MS_PER_DAY = 86_400_000;

/** Ten thousand worlds with other faults each: docs/simulation.md. */
export const simulation: Scenario = {
  name: 'simulation',
  about: 'outbox, relay and reconnecting in simulated worlds: no seed of ten thousand breaks a promise',
  needs: [],
  async run(stand): Promise<Outcome> {
    const from = 1 + (stand.seed - 1) * SEEDS;
    const startedMs = performance.now();
    const { sums, failure } = await simulateMany({ from, seeds: SEEDS, signal: signalOf(stand) });
    const tookS = (performance.now() - startedMs) / 1000;
    const mutants = stand.long ? MUTANTS : MUTANTS.slice(0, SHORT_CONTROLS);
    const missed: string[] = [];
    for (const [index, mutant] of mutants.entries()) {
      const folder = join(stand.folder, `mutant-${index}`);
      mkdirSync(folder);
      const code = writeMutant(mutant, folder);
      const control = { from: mutant.from ?? 1, seeds: CONTROL_SEEDS, code, signal: signalOf(stand) };
      const found = await simulateMany(control);
      if (found.failure?.includes('breaks what is promised') !== true) missed.push(mutant.name);
    }
    return {
      n: sums.seeds,
      seen:
        `seeds from ${from} in ${tookS.toFixed(0)} s: ${(sums.simulatedMs / MS_PER_DAY).toFixed(0)} days, ` +
        `${sums.records} records, ${sums.connections} connections, ${sums.lives} starts; ` +
        `controls: ${mutants.length - missed.length} of ${mutants.length} mutants found`,
      broken: [
        ...(failure === null ? [] : failure.trim().split('\n')),
        ...unless(Object.fromEntries(missed.map((name) => [`a mutant is found (control): ${name}`, false]))),
      ],
    };
  },
};

function signalOf(stand: Stand): AbortSignal {
  const controller = new AbortController();
  stand.leave(() => controller.abort());
  return controller.signal;
}
