/** `npm run test:faults [-- --long --only NAME --seed N]`: injects every fault of docs/faults.md for real. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Need, whatIsMissing } from './privileges.ts';
import type { Outcome, Scenario, Stand } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** Where every fault must be injected, a skipped one is a failure. */
const SKIPS_FAIL = process.env['ROADSIDE_REQUIRE_FAULTS'] === '1';

const undoing: (() => unknown)[] = [];
async function undoAll(): Promise<void> {
  for (const undo of undoing.splice(0).reverse()) {
    try {
      await undo();
    } catch (error) {
      say(`  cannot tidy up: ${String(error)}`);
    }
  }
}
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void undoAll().then(() => process.exit(code)));
}

async function inject(scenario: Scenario): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-faults-'));
  const stand: Stand = { folder, seed, long: values.long, leave: (undo) => void undoing.push(undo) };
  stand.leave(() => rmSync(folder, { recursive: true, force: true }));
  try {
    return await scenario.run(stand);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { n: 0, seen: '', broken: [`it could not be finished: ${text}`] };
  } finally {
    await undoAll();
  }
}

async function missingFor(scenario: Scenario, known: Map<Need, string | null>): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const need of scenario.needs) {
    if (!known.has(need)) known.set(need, await whatIsMissing(need));
    const reason = known.get(need);
    if (typeof reason === 'string') missing.push(reason);
  }
  return missing;
}

const chosen = SCENARIOS.filter(({ name }) => name.includes(values.only));
if (chosen.length === 0) {
  say(`no fault is named ${values.only}; there are: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const counts = { held: 0, broken: 0, skipped: 0 };
const privileges = new Map<Need, string | null>();
for (const scenario of chosen) {
  const missing = await missingFor(scenario, privileges);
  if (missing.length > 0) {
    counts.skipped += 1;
    say(`SKIPPED  ${scenario.name}: this machine lacks ${missing.join('; ')}`);
    continue;
  }
  const startedMs = performance.now();
  const { n, seen, broken } = await inject(scenario);
  const tookS = ((performance.now() - startedMs) / 1000).toFixed(1);
  counts[broken.length === 0 ? 'held' : 'broken'] += 1;
  say(`${broken.length === 0 ? 'held   ' : 'BROKEN '}  ${scenario.name}: n ${n}, ${tookS} s. ${seen}`);
  for (const sentence of broken) say(`         ${sentence}`);
}
const { held, broken, skipped } = counts;
say(`faults: ${held} held, ${broken} broken, ${skipped} skipped; seed ${seed}, commit ${commit()}`);
process.exitCode = broken > 0 || (skipped > 0 && SKIPS_FAIL) ? 1 : 0;

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
