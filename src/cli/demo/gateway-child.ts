import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { programFile } from '../../runtime/program-file.ts';

/** The real gateway as a process of its own, as systemd would run it. */
export interface GatewayChild {
  readonly pid: number | undefined;
  /** Exit code, or null while it runs. */
  readonly exitCode: number | null;
  /** Asks it to stop and waits until it has; SIGKILL after the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

export function spawnGateway(options: { readonly siteFile: string; readonly logFile: string }): GatewayChild {
  const log = createWriteStream(options.logFile, { mode: 0o600 });
  const cli = programFile(import.meta.url, '../../processes/cli');
  const child: ChildProcess = spawn(process.execPath, [cli, 'run', options.siteFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C reaches the demonstration alone; it stops the gateway after its traffic.
    detached: true,
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const ended = once(child, 'exit');
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  return {
    pid: child.pid,
    get exitCode() {
      return child.exitCode;
    },
    async stop(deadlineMs) {
      process.off('exit', killWithUs);
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
      await ended;
      clearTimeout(kill);
      log.end();
    },
  };
}
