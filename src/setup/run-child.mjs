import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/**
 * A terminal's Ctrl-C arrives twice under npm, which passes on its own copy: within this time it is the same
 * one.
 */
const SAME_KEYSTROKE_MS = 1000;
/** How much of a program's standard error is kept to explain a failure. */
const KEPT_STDERR_CHARS = 64_000;

/**
 * Runs one program to its end. It leads its own process group, so a Ctrl-C reaches only this process, which
 * passes it on exactly once. With `tieLife` (Node programs only) it is also asked to stop when this process
 * is killed.
 * @param {{ file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv,
 *   keepStderr?: boolean, tieLife?: boolean }} options
 * @returns {Promise<{ code: number, stderr: string }>} 128 + n when signal n ended it, as a shell reports it;
 *   `stderr` is empty unless `keepStderr`, which keeps it from the terminal
 */
export function runChild({ file, args, cwd, env, keepStderr = false, tieLife = false }) {
  return new Promise((resolve, reject) => {
    // npm's chatter must not mix with the output of the command that it is a preparation for.
    const stdio = keepStderr ? ['inherit', 2, 'pipe'] : ['inherit', 'inherit', 'inherit'];
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: tieLife ? [...stdio, 'ipc'] : stdio,
      detached: true,
    });
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr = (stderr + chunk).slice(-KEPT_STDERR_CHARS);
    });
    const stopForwarding = forwardSignals(child);
    child.on('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.on('close', (code, signal) => {
      stopForwarding();
      resolve({ code: code ?? 128 + constants.signals[signal], stderr });
    });
  });
}

function forwardSignals(child) {
  const sentAt = new Map();
  const listeners = FORWARDED.map((signal) => {
    const forward = () => {
      const now = performance.now();
      if (now - (sentAt.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_KEYSTROKE_MS) return;
      sentAt.set(signal, now);
      child.kill(signal);
    };
    process.on(signal, forward);
    return [signal, forward];
  });
  return () => {
    for (const [signal, forward] of listeners) process.off(signal, forward);
  };
}
