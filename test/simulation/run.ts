/**
 * `node test/simulation/run.ts [--seeds N] [--from SEED] [--code FOLDER] [--trace]`: runs the simulation with seeds
 * one after the other, stops at the first that breaks a promise, and says how to see it again.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';
import { addSums, NO_SUMS } from './sums.ts';
import type { Code } from './world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    code: { type: 'string', default: join(import.meta.dirname, '../../src') },
    trace: { type: 'boolean', default: false },
  },
});
// Most errors here are simulated ones: their stacks cost more than they tell.
if (!values.trace) Error.stackTraceLimit = 0;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seeds = Number(values.seeds);
const from = Number(values.from);
const MEMORY = '/dev/shm';
const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'roadside-simulation-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const code = await codeIn(values.code);
// Each run begins with an empty store; making one anew takes longer than many a run.
const empty = join(folder, 'empty.db');
code.openStore({ file: empty }).close();
const began = { ms: performance.now(), cpu: process.cpuUsage() };
let sums = NO_SUMS;
for (let seed = from; seed < from + seeds; seed += 1) {
  const file = join(folder, 'store.db');
  copyFileSync(empty, file);
  const outcome = await simulate({ code, seed, file, write: values.trace ? say : null });
  sums = addSums(sums, { ...outcome, seeds: 1 });
  if (outcome.broken.length === 0) continue;
  say(`seed ${seed} breaks what is promised:`);
  for (const sentence of outcome.broken) say(`  ${sentence}`);
  say(`see it again with: node test/simulation/run.ts --from ${seed} --trace`);
  process.exitCode = 1;
  break;
}
const tookS = (performance.now() - began.ms) / 1000;
const { user, system } = process.cpuUsage(began.cpu);
const days = sums.simulatedMs / 86_400_000;
const { seeds: done, records, arrivals, repeated, connections, lives } = sums;
say(
  `${done} seeds from ${from} in ${tookS.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of processor): ` +
    `${days.toFixed(1)} days, ${records} records, ${arrivals} arrivals, ${repeated} of them again, ` +
    `${connections} connections, ${lives} starts`,
);
// To whoever has started it as one of many.
process.send?.(sums);

async function codeIn(source: string): Promise<Code> {
  const load = (file: string) => import(pathToFileURL(resolve(source, file)).href);
  const [store, uplink, errors] = await Promise.all(
    ['store/store.ts', 'uplink/uplink.ts', 'base/errors.ts'].map(load),
  );
  return { ...store, ...uplink, ...errors };
}
