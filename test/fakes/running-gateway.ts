/** A gateway in a process of its own, as a technician starts it, asked over its control socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Overview } from '../../src/app/overview.ts';
import { askOverview } from '../../src/cli/control-client.ts';
import { endChild, hasEnded } from './end-child.ts';

const CLI = 'src/processes/cli.ts';

export interface RunningGateway {
  start(siteFile: string, ...more: readonly string[]): void;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The first overview that is so; waits for as long as the gateway runs. */
  overviewOnce(isSo: (overview: Overview) => boolean): Promise<Overview>;
}

/** @param folder returns where the site file lies; its control socket is `control.sock` there */
export function createRunningGateway(folder: () => string): RunningGateway {
  let gateway: ChildProcess | null = null;
  return {
    start(siteFile, ...more) {
      gateway = spawn(process.execPath, [CLI, 'run', siteFile, '--log-level', 'error', ...more], {
        stdio: 'inherit',
      });
    },
    async end(signal) {
      if (gateway === null) return;
      await endChild(gateway, signal);
      gateway = null;
    },
    async overviewOnce(isSo) {
      for (;;) {
        const overview = await askOverview(join(folder(), 'control.sock')).catch(() => null);
        if (overview !== null && isSo(overview)) return overview;
        if (gateway !== null && hasEnded(gateway)) throw new Error('the gateway has ended by itself');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}
