import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SYSTEM_PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** Runs a system program to its end. @throws Error with its words when it fails */
export async function command(file: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(file, args, { env: { ...process.env, PATH: SYSTEM_PATH, LC_ALL: 'C' } });
  return stdout;
}

/** The path of one of this folder's programs. */
export function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has said to both streams so far. */
  said(): string;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Starts `node <args>`, or that under another program. */
export function startNode(
  args: readonly string[],
  options: { readonly under?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Running {
  const [file = process.execPath, ...rest] = [...(options.under ?? []), process.execPath, ...args];
  return startProgram(file, rest, options.env);
}

export function startProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(file, args, {
    env: { ...process.env, PATH: SYSTEM_PATH, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  child.stdin?.on('error', () => undefined);
  const ended = once(child, 'close').then(
    ([code, signal]: (number | string | null)[]) => code ?? signal ?? '',
  );
  return { child, said: () => text, ended };
}

/** Ends a program with SIGKILL unless it has ended; and what it runs, which outlives a killed tracer. */
export async function kill({ child, ended }: Running): Promise<void> {
  const children = `/proc/${child.pid}/task/${child.pid}/children`;
  const pids =
    child.exitCode === null && existsSync(children) ? readFileSync(children, 'utf8').split(' ') : [];
  for (const pid of pids.map(Number).filter((each) => each > 0)) process.kill(pid, 'SIGKILL');
  child.kill('SIGKILL');
  await ended;
}

/** Resolves when `condition` holds. @throws Error with `what` after `withinMs` */
export async function untilSoon(what: string, withinMs: number, condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
