import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface ProcessFigure {
  readonly name: string;
  readonly rssMb: number;
  /** Share of one core over the process's life so far, percent. */
  readonly cpuPct: number;
}

/** Linux reports CPU time in these ticks (sysconf(_SC_CLK_TCK), 100 on every supported platform). */
const TICKS_PER_S = 100;
const KB_PER_MB = 1024;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuTicks: number;
  readonly startTicks: number;
}

/** Memory and CPU of a process and its descendants, from /proc. */
export function processFigures(rootPid: number): readonly ProcessFigure[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const wanted = new Set([rootPid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent } of processes) {
      if (wanted.has(parent) && !wanted.has(pid)) {
        wanted.add(pid);
        grew = true;
      }
    }
  }
  const upS = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return processes.filter(({ pid }) => wanted.has(pid)).flatMap((process) => figureOf(process, upS) ?? []);
}

function readProcess(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold blanks: the fields after it are counted from its end (proc(5)).
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    return { pid, parent, cpuTicks: (fields[11] ?? 0) + (fields[12] ?? 0), startTicks: fields[19] ?? 0 };
  } catch {
    return null; // it has just ended
  }
}

function figureOf({ pid, cpuTicks, startTicks }: Process, upS: number): ProcessFigure | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    const livedS = Math.max(0.1, upS - startTicks / TICKS_PER_S);
    return {
      name: nameOf(pid),
      rssMb: Math.round(rssKb / KB_PER_MB),
      cpuPct: Math.round((1000 * cpuTicks) / TICKS_PER_S / livedS) / 10,
    };
  } catch {
    return null;
  }
}

/** `cli run`, `fieldbus`, `vision`, `ffmpeg`: the program without its arguments. */
function nameOf(pid: number): string {
  const [command = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const program = args.find((arg) => /\/processes\/\w+\.[jt]s$/.test(arg));
  if (program === undefined) return basename(command);
  const name = basename(program).replace(/\.[jt]s$/, '');
  return name === 'cli' ? (args.includes('run') ? 'gateway' : 'demo') : name;
}
