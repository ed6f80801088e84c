import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { messageOf } from '../base/errors.ts';

/** What a child may know of this process's environment. Secrets reach it as values, never this way. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'ORT_DISABLE_TELEMETRY'] as const;
/** Values on their way to a child that does not read them; more are refused. */
export const SEND_BACKLOG_LIMIT = 64;
/** The channel of an ended child closes at once; waiting for it delivers the child's last values. */
const LAST_VALUES_WITHIN_MS = 1000;

export interface ForkedChild {
  /** Undefined when the process could not be made. */
  readonly pid: number | undefined;
  /** False when the channel is closed or full. */
  send(value: object): boolean;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface ChildEnd {
  readonly started: boolean;
  /** `exit code 1`, `signal SIGSEGV`, or why there was no process. */
  readonly detail: string;
}

/** Starts one Node program with an IPC channel and nothing inherited but a few harmless variables. */
export function forkChild(options: {
  readonly file: string;
  readonly args: readonly string[];
  readonly onRaw: (raw: unknown) => void;
  readonly onOutput: (stream: 'stdout' | 'stderr', readable: Readable) => void;
  /** Called once, after the last value. */
  readonly onEnd: (end: ChildEnd) => void;
}): ForkedChild {
  let child: ChildProcess;
  try {
    child = fork(options.file, [...options.args], {
      env: childEnvironment(process.env),
      // The parent's own flags (a debugger's port, preloads) are not the child's.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
  } catch (error) {
    // Out of memory throws; out of processes or files is reported as 'error' below.
    setImmediate(() => options.onEnd({ started: false, detail: messageOf(error) }));
    return { pid: undefined, send: () => false, kill: () => undefined };
  }
  let backlog = 0;
  if (child.stdout !== null) options.onOutput('stdout', child.stdout);
  if (child.stderr !== null) options.onOutput('stderr', child.stderr);
  child.on('message', options.onRaw);
  reportEnd(child, options.onEnd);
  return {
    pid: child.pid,
    send(value) {
      if (!child.connected || backlog >= SEND_BACKLOG_LIMIT) return false;
      backlog += 1;
      child.send(value, () => {
        backlog -= 1;
      });
      return true;
    },
    kill: (signal) => void child.kill(signal),
  };
}

/**
 * A child's grandchildren may hold its output open for long, so 'close' would come late: 'exit' is the end.
 */
function reportEnd(child: ChildProcess, onEnd: (end: ChildEnd) => void): void {
  let reported = false;
  const report = (end: ChildEnd): void => {
    if (reported) return;
    reported = true;
    onEnd(end);
  };
  child.on('error', (error) => {
    // Also emitted when a signal or a value cannot be delivered; then the exit tells.
    if (child.pid === undefined) report({ started: false, detail: error.message });
  });
  child.on('exit', (code, signal) => {
    const end = { started: true, detail: signal === null ? `exit code ${code}` : `signal ${signal}` };
    if (!child.connected) {
      report(end);
      return;
    }
    const timer = setTimeout(report, LAST_VALUES_WITHIN_MS, end);
    child.once('disconnect', () => {
      clearTimeout(timer);
      report(end);
    });
  });
}

export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    INHERITED.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}
