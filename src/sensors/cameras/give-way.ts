import type { ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';

/** Loops, live cameras and the detector come first. */
const NICENESS = 15;

/** Lets a child without a deadline run in the time that the others leave. */
export function giveWay(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  } catch {
    // It has ended already, or the system forbids it: then it runs as everyone does.
  }
}
