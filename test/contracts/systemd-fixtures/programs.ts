import { spawnSync } from 'node:child_process';

/** Whether a program can be run here; tests of optional programs say in their title what they need. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}
