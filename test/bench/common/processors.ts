import { cpus } from 'node:os';

/** Processor time of the whole machine since it began. */
export interface ProcessorTimes {
  readonly idleMs: number;
  readonly allMs: number;
}

export function processorTimes(): ProcessorTimes {
  const times = cpus().map(({ times: of }) => of);
  const sum = (take: (of: (typeof times)[0]) => number) => times.reduce((total, of) => total + take(of), 0);
  return {
    idleMs: sum(({ idle }) => idle),
    allMs: sum(({ idle, user, sys, nice, irq }) => idle + user + sys + nice + irq),
  };
}

/** Percent of all processors that were at work since then. */
export function busyPctSince(before: ProcessorTimes): number {
  const now = processorTimes();
  return 100 * (1 - (now.idleMs - before.idleMs) / (now.allMs - before.allMs));
}
