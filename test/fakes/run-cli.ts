import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const CLI = 'src/processes/cli.ts';
const run = promisify(execFile);

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** A command's output and exit code, whatever the code. */
export async function cli(...args: readonly string[]): Promise<Said> {
  try {
    const { stdout, stderr } = await run(process.execPath, [CLI, ...args], { maxBuffer: 1e8 });
    return { code: 0, out: stdout, error: stderr };
  } catch (failure) {
    const { code, stdout, stderr } = failure as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, error: stderr };
  }
}
