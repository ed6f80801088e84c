/**
 * npm run bench:uplink — our store and uplink beside Mosquitto's bridge, in one run on one machine, to the same
 * broker. What arrives is stamped by the receiver, so that no sender is asked about itself. It prints figures and
 * whether they meet their goals; it does not fail when they do not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../src/base/errors.ts';
import { sayLoad, sayMachine } from '../shared/machine.ts';
import { killAll, versionOf } from '../shared/programs.ts';
import { note, say } from '../shared/report.ts';
import type { BenchContext } from './bench-context.ts';
import { bytes } from './bytes-part.ts';
import { delay } from './delay-part.ts';
import { SEED } from './design-day.ts';
import { drain } from './drain-part.ts';
import { incidents } from './incidents-part.ts';
import { kill } from './kill-part.ts';
import { MOSQUITTO } from './mosquitto.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { fillStore } from './our-programs.ts';

const PARTS = { drain, delay, kill, incidents, bytes } as const;

function readOptions(): BenchOptions | null {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    note(`${messageOf(error)}\n${USAGE}`);
    return null;
  }
}

function sayConditions(): void {
  sayMachine();
  sayLoad('at the beginning');
  say(`versions  Node ${process.versions.node}; ${versionOf([MOSQUITTO, '-h'])}`);
  say(`seed      ${SEED}, for the moments of the design load; nothing else is drawn by chance`);
  say();
}

const options = readOptions();
if (options === null) {
  process.exitCode = 2;
} else {
  const folder = mkdtempSync(`${tmpdir()}/roadside-bench-`);
  try {
    sayConditions();
    const context: BenchContext = { options, folder, backlog: join(folder, 'backlog.db') };
    fillStore(context.backlog, options.records);
    for (const part of options.parts) {
      await PARTS[part](context).catch((error: unknown) => {
        killAll();
        say(`  ${part} could not be measured: ${messageOf(error)}\n`);
        process.exitCode = 1;
      });
    }
    sayLoad('at the end');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
