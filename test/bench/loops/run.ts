import { messageOf } from '../../../src/base/errors.ts';
import { sayLoad, sayMachine } from '../common/machine.ts';
import { canUseFifo, versionOf } from '../common/programs.ts';
import { note, say } from '../common/report.ts';
import { runParts } from '../common/run-parts.ts';
import type { BenchContext } from './bench-context.ts';
import { compile } from './compile.ts';
import { jitter } from './jitter-part.ts';
import { installNodeRed, NODE_RED_LABEL } from './node-red.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { rate } from './rate-part.ts';
import { rtu } from './rtu-part.ts';

const PARTS = { rate, jitter, rtu } as const;

function readOptions(): BenchOptions | null {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    note(`${messageOf(error)}\n${USAGE}`);
    return null;
  }
}

async function findNodeRed(options: BenchOptions): Promise<string | null> {
  if (!options.withNodeRed) return null;
  try {
    note('Node-RED: installing, unless an earlier run did');
    return await installNodeRed();
  } catch (error) {
    note(`Node-RED could not be installed: ${messageOf(error)}`);
    return null;
  }
}

function sayConditions({ nodeRed, canUseFifo: fifo }: BenchContext): void {
  sayMachine();
  sayLoad('at the beginning');
  say(
    `versions  Node ${process.versions.node}; libmodbus ${versionOf(['pkg-config', '--modversion', 'libmodbus'])}; ${versionOf(['gcc', '--version'])}`,
  );
  say(`          ${nodeRed === null ? 'without Node-RED' : NODE_RED_LABEL}`);
  if (!fifo) say('          SCHED_FIFO is not permitted here (root or CAP_SYS_NICE): its rows are left out');
  say('seed      none: nothing here is drawn by chance');
  say();
}

const options = readOptions();
if (options === null) {
  process.exitCode = 2;
} else {
  await runParts({
    parts: options.parts,
    run: PARTS,
    async context(folder): Promise<BenchContext> {
      const context = {
        options,
        programs: {
          stampingServer: compile('stamping-server', folder),
          libmodbusClient: compile('libmodbus-client', folder),
          rtuSlave: compile('rtu-slave', folder),
        },
        nodeRed: await findNodeRed(options),
        canUseFifo: canUseFifo(),
      };
      sayConditions(context);
      return context;
    },
  });
}
