/**
 * npm run bench:vision — what the cameras cost and how late they are, beside session.run alone and OpenCV, in one
 * run on one machine. It prints figures and whether they meet their goals; it does not fail when they do not.
 */
import { spawnSync } from 'node:child_process';
import { messageOf } from '../../../src/base/errors.ts';
import { sayLoad, sayMachine } from '../common/machine.ts';
import { versionOf } from '../common/programs.ts';
import { note, say } from '../common/report.ts';
import { runParts } from '../common/run-parts.ts';
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
  await runParts({
    parts: options.parts,
    run: RUN,
    context(folder): BenchContext {
      const opencv = options.withOpencv ? opencvVersion() : null;
      sayConditions(opencv);
      note('coding the clips');
      return {
        ...{ options, folder, clips: makeClips(folder) },
        opencv: opencv === null ? null : PYTHON,
      };
    },
  });
}
