/** The programs of a bench: started in sessions of their own, stopped to the last one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Program {
  readonly pid: number;
  /** Standard output, line by line, as it comes. */
  line(matches: (line: string) => boolean): Promise<string>;
  /** Asks it to leave; everything it wrote to standard output. */
  stop(): Promise<string>;
  /** Takes it away at once, as a power cut would. */
  kill(): Promise<void>;
}

export interface ProgramWish {
  readonly name: string;
  readonly command: readonly string[];
  /** Pins it to one core. */
  readonly core?: number;
  /** SCHED_FIFO at this priority; only where `canUseFifo`. */
  readonly fifo?: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const LINE_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 8000;

const running = new Set<ChildProcess>();
process.on('exit', killAll);
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => process.exit(130));

/** Ends whatever is still running. */
export function killAll(): void {
  for (const child of running) signal(child, 'SIGKILL');
}

/**
 * Each program gets a session of its own, as services have: with the kernel's autogroups, programs of one
 * session share one portion of the processor.
 */
export function startProgram(wish: ProgramWish): Program {
  const pin = wish.core === undefined ? [] : ['taskset', '-c', String(wish.core)];
  const rank = wish.fifo === undefined ? [] : ['chrt', '-f', String(wish.fifo)];
  const [file, ...args] = [...pin, ...rank, ...wish.command];
  if (file === undefined) throw new RangeError('an empty command');
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(wish.cwd === undefined ? {} : { cwd: wish.cwd }),
    env: wish.env ?? process.env,
  });
  running.add(child);
  const output = { text: '', problems: '' };
  let wake: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.text += text;
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.problems = (output.problems + text).slice(-2000);
  });
  const ended = once(child, 'close').then(() => {
    running.delete(child);
    wake();
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    async line(matches) {
      const deadlineMs = performance.now() + LINE_WITHIN_MS;
      for (;;) {
        const found = output.text.split('\n').slice(0, -1).find(matches);
        if (found !== undefined) return found;
        if (hasEnded()) throw new Error(`${wish.name} ended: ${output.problems || output.text.slice(-500)}`);
        if (performance.now() > deadlineMs) throw new Error(`${wish.name} is not ready: ${output.problems}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 1000);
        });
      }
    },
    async stop() {
      if (hasEnded())
        throw new Error(`${wish.name} ended too early: ${output.problems || output.text.slice(-500)}`);
      signal(child, 'SIGTERM');
      const killing = setTimeout(() => signal(child, 'SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(killing);
      return output.text;
    },
    async kill() {
      signal(child, 'SIGKILL');
      await ended;
    },
  };
}

/** To the whole group: a program's own children are in it. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // It has gone by itself.
  }
}

/** A TypeScript program, run by the Node that runs the bench. `file` is relative to `folder`. */
export function nodeCommand(folder: string, file: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, join(folder, file), ...args];
}

export function canUseFifo(): boolean {
  return spawnSync('chrt', ['-f', '1', 'true']).status === 0;
}

/** What a program says when asked for its version, first line. */
export function versionOf(command: readonly string[]): string {
  const [file = '', ...args] = command;
  const asked = spawnSync(file, args, { encoding: 'utf8' });
  return `${asked.stdout ?? ''}${asked.stderr ?? ''}`.split('\n')[0]?.trim() ?? '';
}
