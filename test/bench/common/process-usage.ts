/** What processes cost, from /proc (proc(5)). */
import { readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;
/** Fields of /proc/PID/stat, numbered from 1 as in proc(5). */
const UTIME = 14;
const STIME = 15;
const FIRST_AFTER_NAME = 3;

export interface Usage {
  readonly cpuS: number;
  readonly rssMb: number;
}

/** CPU time since it began and resident memory of each process, in the order asked for. */
export function usageOf(pids: readonly number[]): Usage {
  const all = pids.map(usageOfOne);
  return {
    cpuS: all.reduce((sum, { cpuS }) => sum + cpuS, 0),
    rssMb: all.reduce((sum, { rssMb }) => sum + rssMb, 0),
  };
}

function usageOfOne(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name stands in parentheses and may hold anything, so the fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[UTIME - FIRST_AFTER_NAME]) + Number(fields[STIME - FIRST_AFTER_NAME]);
  const [, rssKb = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { cpuS: ticks / TICKS_PER_S, rssMb: Number(rssKb) / 1024 };
}

/** Processes that the main thread of this one has started. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
