/**
 * npm run bench:loops — our fieldbus process beside libmodbus in C and Node-RED, in one run on one machine.
 * Requests are stamped at the server, by the kernel, so that no client is asked about itself. It prints
 * figures and whether they meet their goals; it does not fail when they do not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { messageOf } from '../../../src/base/errors.ts';
import { sayLoad, sayMachine } from '../shared/machine.ts';
import { canUseFifo, killAll, versionOf } from '../shared/programs.ts';
import { note, say } from '../shared/report.ts';
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
  const folder = mkdtempSync(`${tmpdir()}/roadside-bench-`);
  try {
    const context: BenchContext = {
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
