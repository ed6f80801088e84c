/**
 * npm run bench:vision — what the cameras cost and how late they are, beside session.run alone and OpenCV, in one
 * run on one machine. It prints figures and whether they meet their goals; it does not fail when they do not.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../src/base/errors.ts';
import { sayLoad, sayMachine } from '../shared/machine.ts';
import { killAll, versionOf } from '../shared/programs.ts';
import { note, say } from '../shared/report.ts';
import type { BenchContext } from './bench-context.ts';
import { makeClips } from './clips.ts';
import { incident } from './incident-part.ts';
import { latency } from './latency-part.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { pipeline } from './pipeline-part.ts';
import { streams } from './streams-part.ts';

const RUN = { pipeline, streams, latency, incident } as const;
/** Debian's interpreter, for which python3-opencv is installed; another may stand before it in PATH. */
const PYTHON = '/usr/bin/python3';

function readOptions(): BenchOptions | null {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    note(`${messageOf(error)}\n${USAGE}`);
    return null;
  }
}

function opencvVersion(): string | null {
  const asked = spawnSync(PYTHON, ['-c', 'import cv2; print(cv2.__version__)'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : null;
}

function sayConditions(opencv: string | null): void {
  sayMachine();
  sayLoad('at the beginning');
  say(`versions  Node ${process.versions.node}; ${versionOf(['ffmpeg', '-version'])}`);
  say(`          ${opencv === null ? 'without OpenCV' : `OpenCV ${opencv}`}`);
  say('seed      none: nothing here is drawn by chance');
  say();
}

const options = readOptions();
if (options === null) {
  process.exitCode = 2;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-bench-'));
  try {
    const opencv = options.withOpencv ? opencvVersion() : null;
    sayConditions(opencv);
    note('coding the clips');
    const context: BenchContext = {
      ...{ options, folder, clips: makeClips(folder) },
      opencv: opencv === null ? null : PYTHON,
    };
    for (const part of options.parts) {
      await RUN[part](context).catch((error: unknown) => {
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
