/** `npm run test:faults [-- --long --only NAME --seed N]`: injects every fault of docs/faults.md for real. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Need, whatIsMissing } from './privileges.ts';
import type { Outcome, Scenario } from './scenario.ts';
import { LANES } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** Where every fault must be injected, a skipped one is a failure. */
const SKIPS_FAIL = process.env['ROADSIDE_REQUIRE_FAULTS'] === '1';
const INJECT = join(import.meta.dirname, 'inject.ts');
const all = LANES.flat();

if (values.help) {
  say('npm run test:faults [-- --long] [--only TEXT] [--seed N]');
  say('  --long       all of it, which takes hours, instead of some minutes');
  say('  --only TEXT  the scenarios whose name holds this text');
  say('  --seed N     other chance (1 when absent)');
  for (const { name, about, needs } of all) {
    say(`\n${name}${needs.length > 0 ? ` (needs ${needs.join(', ')})` : ''}\n  ${about}`);
  }
  process.exit(0);
}
if (!/^[1-9]\d{0,8}$/.test(values.seed)) refuse(`--seed ${values.seed}: it is a number from 1 on`);
const lanes = LANES.map((lane) => lane.filter(({ name }) => name.includes(values.only)));
if (lanes.every((lane) => lane.length === 0)) {
  refuse(`no fault is named ${values.only}; there are: ${all.map(({ name }) => name).join(', ')}`);
}

const children = new Set<ChildProcess>();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGTERM');
    process.exitCode = code;
    stopped = true;
  });
}
let stopped = false;

const counts = { held: 0, broken: 0, skipped: 0 };
const startedMs = performance.now();
const privileges = new Map<Need, Promise<string | null>>();
await Promise.all(lanes.map(runLane));
const { held, broken, skipped } = counts;
say(
  `faults: ${held} held, ${broken} broken, ${skipped} skipped in ${secondsSince(startedMs)} s; ` +
    `${values.long ? 'long' : 'short'}, seed ${values.seed}, commit ${commit()}`,
);
process.exitCode ??= broken > 0 || (skipped > 0 && SKIPS_FAIL) ? 1 : 0;

async function runLane(lane: readonly Scenario[]): Promise<void> {
  for (const scenario of lane) {
    if (stopped) return;
    const missing = await missingFor(scenario);
    if (missing.length > 0) {
      counts.skipped += 1;
      say(`SKIPPED  ${scenario.name}: this machine lacks ${missing.join('; ')}`);
      continue;
    }
    const beganMs = performance.now();
    const { n, seen, broken } = await inject(scenario);
    counts[broken.length === 0 ? 'held' : 'broken'] += 1;
    say(
      `${broken.length === 0 ? 'held   ' : 'BROKEN '}  ${scenario.name}: n ${n}, ${secondsSince(beganMs)} s. ${seen}`,
    );
    for (const sentence of broken) say(`         ${sentence}`);
  }
}

/** In a process of its own: scenarios side by side share neither memory nor turns. */
function inject({ name }: Scenario): Promise<Outcome> {
  const child = fork(INJECT, [name, values.seed, values.long ? 'long' : 'short']);
  children.add(child);
  return new Promise((resolve) => {
    child.once('message', (outcome) => resolve(outcome as Outcome));
    child.once('close', (code, signal) => {
      children.delete(child);
      resolve({ n: 0, seen: '', broken: [`it ended with ${code ?? signal} and reported nothing`] });
    });
  });
}

async function missingFor(scenario: Scenario): Promise<readonly string[]> {
  const reasons = scenario.needs.map((need) => {
    const reason = privileges.get(need) ?? whatIsMissing(need);
    privileges.set(need, reason);
    return reason;
  });
  return (await Promise.all(reasons)).filter((reason) => reason !== null);
}

function secondsSince(ms: number): string {
  return ((performance.now() - ms) / 1000).toFixed(1);
}

function refuse(why: string): never {
  say(why);
  process.exit(2);
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
