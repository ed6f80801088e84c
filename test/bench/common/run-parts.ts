import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../src/base/errors.ts';
import { sayLoad } from './machine.ts';
import { killAll } from './programs.ts';
import { say } from './report.ts';

/** Measures part by part; one that cannot be measured is said, and the others go on. `context` is given a folder of its own. */
export async function runParts<Part extends string, Context>(of: {
  readonly parts: Iterable<Part>;
  readonly run: Readonly<Record<Part, (context: Context) => Promise<void>>>;
  readonly context: (folder: string) => Context | Promise<Context>;
}): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-bench-'));
  try {
    const context = await of.context(folder);
    for (const part of of.parts) {
      await of.run[part](context).catch((error: unknown) => {
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
