import { join } from 'node:path';
import { messageOf } from '../../../src/base/errors.ts';
import { sayLoad, sayMachine } from '../common/machine.ts';
import { versionOf } from '../common/programs.ts';
import { note, say } from '../common/report.ts';
import { runParts } from '../common/run-parts.ts';
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
  await runParts({
    parts: options.parts,
    run: PARTS,
    context(folder): BenchContext {
      sayConditions();
      const context = { options, folder, backlog: join(folder, 'backlog.db') };
      fillStore(context.backlog, options.records);
      return context;
    },
  });
}
