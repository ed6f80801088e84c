import { readFileSync } from 'node:fs';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { monotonicMs } from '../base/clock.ts';

/** Figures of the machine and of some of its processes; null is what it does not tell. */
export interface MachineFigures {
  readonly cpuPct: number | null;
  readonly residentMegabytes: number | null;
  readonly loadPerCore: number | null;
  readonly availableMegabytes: number | null;
  readonly diskFreeMegabytes: number | null;
  readonly temperatureC: number | null;
}

export interface MachineReader {
  /** `cpuPct` is since the call before; null in the first. */
  read(what: { readonly pids: readonly number[]; readonly folder: string }): Promise<MachineFigures>;
}

const MEGABYTE = 1024 * 1024;
/** proc(5): times of `/proc/<pid>/stat` are in clock ticks, of which Linux shows programs 100 in a second. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

/** @param root before every path that is looked at; another one than `/` in tests only */
export function createMachineReader(root = '/'): MachineReader {
  let before: { readonly cpuS: number; readonly atMs: number } | null = null;
  return {
    async read({ pids, folder }) {
      const [usages, memory, temperatureC, disk] = await Promise.all([
        Promise.all(pids.map((pid) => usageOf(join(root, 'proc', String(pid), 'stat')))),
        readText(join(root, 'proc/meminfo')),
        hottest(join(root, 'sys/class/thermal')),
        statfs(folder).catch(() => null),
      ]);
      const known = usages.filter((usage) => usage !== null);
      const now = { cpuS: sum(known.map(({ cpuS }) => cpuS)), atMs: monotonicMs() };
      const last = before;
      before = now;
      const availableKb = memory === null ? null : /^MemAvailable:\s+(\d+) kB$/m.exec(memory)?.[1];
      return {
        // A process that was started again begins at 0.
        cpuPct:
          last === null ? null : Math.max(0, tenths((1e5 * (now.cpuS - last.cpuS)) / (now.atMs - last.atMs))),
        residentMegabytes:
          known.length === 0 ? null : tenths(sum(known.map(({ bytes }) => bytes)) / MEGABYTE),
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

async function usageOf(file: string): Promise<{ readonly cpuS: number; readonly bytes: number } | null> {
  const text = await readText(file);
  if (text === null) return null;
  // The name of the program, in brackets, may hold spaces; fields are counted behind it, from the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (number: number): number => Number(fields[number - 3]);
  return { cpuS: (at(14) + at(15)) / TICKS_PER_S, bytes: at(24) * PAGE_BYTES };
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
