/** `node inject.ts NAME SEED short|long`: one scenario in a process of its own, which reports to the one that forked it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome, Scenario, Stand } from './scenario.ts';
import { LANES } from './scenarios.ts';

const [name, seed = '1', length] = process.argv.slice(2);

const undoing: (() => unknown)[] = [];
let undone = Promise.resolve();
/** Whoever asks waits for what is being undone already. */
function undoAll(): Promise<void> {
  undone = undone.then(async () => {
    for (const undo of undoing.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        process.stderr.write(`${name}: cannot tidy up: ${String(error)}\n`);
      }
    }
  });
  return undone;
}
const leave = (): void => void undoAll().then(() => process.exit(1));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
process.once('disconnect', leave);

async function inject(scenario: Scenario): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-faults-'));
  const stand: Stand = {
    folder,
    seed: Number(seed),
    long: length === 'long',
    leave: (undo) => void undoing.push(undo),
  };
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

const scenario = LANES.flat().find((each) => each.name === name);
if (scenario === undefined) throw new Error(`no scenario ${name}`);
const outcome = await inject(scenario);
process.send?.(outcome, () => process.exit(0));
