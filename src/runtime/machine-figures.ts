import { readFileSync } from 'node:fs';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { monotonicMs } from '../base/clock.ts';

/** Figures of the machine and of a process with all its descendants; null is what it does not tell. */
export interface MachineFigures {
  /** Of one core. */
  readonly cpuPct: number | null;
  /** Pages that processes share count in each. */
  readonly residentMegabytes: number | null;
  readonly loadPerCore: number | null;
  readonly availableMegabytes: number | null;
  readonly diskFreeMegabytes: number | null;
  readonly temperatureC: number | null;
}

export interface MachineReader {
  /** `cpuPct` is since the call before; null in the first. */
  read(what: { readonly pid: number; readonly folder: string }): Promise<MachineFigures>;
}

const MEGABYTE = 1024 * 1024;
/** proc(5): times of `/proc/<pid>/stat` are in clock ticks, of which Linux shows programs 100 in a second. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

/** @param root before every path that is looked at; another one than `/` in tests only */
export function createMachineReader(root = '/'): MachineReader {
  let before: { readonly cpuS: number; readonly atMs: number } | null = null;
  return {
    async read({ pid, folder }) {
      const [processes, memory, temperatureC, disk] = await Promise.all([
        readProcesses(join(root, 'proc')),
        readText(join(root, 'proc/meminfo')),
        hottest(join(root, 'sys/class/thermal')),
        statfs(folder).catch(() => null),
      ]);
      const family = familyOf(pid, processes);
      const now = { cpuS: sum(family.map(({ cpuS }) => cpuS)), atMs: monotonicMs() };
      const last = before;
      before = family.length === 0 ? null : now;
      const availableKb = memory === null ? null : /^MemAvailable:\s+(\d+) kB$/m.exec(memory)?.[1];
      return {
        // What a process had used that was killed with its parent is not told any more.
        cpuPct:
          last === null || family.length === 0
            ? null
            : Math.max(0, tenths((1e5 * (now.cpuS - last.cpuS)) / (now.atMs - last.atMs))),
        residentMegabytes:
          family.length === 0 ? null : tenths(sum(family.map(({ bytes }) => bytes)) / MEGABYTE),
        loadPerCore: Math.round((100 * (loadavg()[1] ?? 0)) / availableParallelism()) / 100,
        availableMegabytes: availableKb == null ? null : tenths(Number(availableKb) / 1024),
        diskFreeMegabytes: disk === null ? null : tenths((disk.bavail * disk.bsize) / MEGABYTE),
        temperatureC,
      };
    },
  };
}

/** Names one start of the machine; another word of one's own where the kernel tells none. */
export function machineBootOr(fallback: string): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return fallback;
  }
}

interface ProcessUsage {
  readonly pid: number;
  readonly parent: number;
  /** With that of children which have ended and were waited for. */
  readonly cpuS: number;
  readonly bytes: number;
}

async function readProcesses(folder: string): Promise<readonly ProcessUsage[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(names.map((name) => readText(join(folder, name, 'stat'))));
  return texts.filter((text) => text !== null).map(usageOf);
}

/** @param text of `/proc/<pid>/stat` (proc(5)) */
function usageOf(text: string): ProcessUsage {
  // The name of the program, in brackets, may hold spaces; fields are counted behind it, from the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (number: number): number => Number(fields[number - 3]);
  const ticks = at(14) + at(15) + at(16) + at(17);
  return {
    pid: Number.parseInt(text, 10),
    parent: at(4),
    cpuS: ticks / TICKS_PER_S,
    bytes: at(24) * PAGE_BYTES,
  };
}

/** A process and all that descend from it; empty when it is not there. */
function familyOf(pid: number, processes: readonly ProcessUsage[]): readonly ProcessUsage[] {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const family = processes.filter((each) => each.pid === pid);
  // It grows while it is walked, until nobody has further children.
  for (const member of family) family.push(...(children.get(member.pid) ?? []));
  return family;
}

async function hottest(folder: string): Promise<number | null> {
  const zones = (await readdir(folder).catch(() => [])).filter((zone) => zone.startsWith('thermal_zone'));
  const texts = await Promise.all(zones.map((zone) => readText(join(folder, zone, 'temp'))));
  const degrees = texts.map((text) => Number(text?.trim() || Number.NaN) / 1000).filter(Number.isFinite);
  return degrees.length === 0 ? null : tenths(Math.max(...degrees));
}

function readText(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
