import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachineReader } from './machine-figures.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'roadside-machine-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}
/** `/proc/<pid>/stat` of a program with an awkward name. */
function processOf(
  pid: number,
  of: { parent: number; ticks: readonly [user: number, system: number, ended?: number]; pages: number },
): void {
  const [user, system, ended = 0] = of.ticks;
  const rest = Array.from({ length: 50 }, () => '7');
  rest.splice(0, 2, 'S', String(of.parent));
  rest.splice(14 - 3, 4, String(user), String(system), String(ended), '0');
  rest.splice(24 - 3, 1, String(of.pages));
  put(`proc/${pid}/stat`, `${pid} (a (b) c) ${rest.join(' ')}\n`);
}

describe('the figures of the machine', () => {
  it('are of a process with all its descendants, and of the whole machine', async () => {
    processOf(1, { parent: 0, ticks: [9000, 9000], pages: 100_000 });
    processOf(20, { parent: 1, ticks: [100, 50], pages: 256 });
    processOf(30, { parent: 20, ticks: [10, 0], pages: 512 });
    processOf(40, { parent: 30, ticks: [10, 0], pages: 256 });
    processOf(50, { parent: 1, ticks: [9000, 9000], pages: 100_000 });
    put('proc/meminfo', 'MemTotal:        4096000 kB\nMemAvailable:    1024000 kB\n');
    put('sys/class/thermal/thermal_zone0/temp', '41250\n');
    put('sys/class/thermal/thermal_zone1/temp', '58900\n');
    put('sys/class/thermal/cooling_device0/temp', '99000\n');
    const machine = createMachineReader(root);
    const first = await machine.read({ pid: 20, folder: root });
    expect(first).toMatchObject({
      cpuPct: null,
      residentMegabytes: 4,
      availableMegabytes: 1000,
      temperatureC: 58.9,
    });
    expect(first.diskFreeMegabytes).toBeGreaterThan(0);
    processOf(40, { parent: 30, ticks: [1000, 0], pages: 256 });
    const { cpuPct } = await machine.read({ pid: 20, folder: root });
    expect(cpuPct).toBeGreaterThan(0);
  });

  it('keep what a child had used that has ended: its parent tells it then', async () => {
    processOf(20, { parent: 1, ticks: [100, 50], pages: 256 });
    processOf(30, { parent: 20, ticks: [5000, 0], pages: 512 });
    const machine = createMachineReader(root);
    await machine.read({ pid: 20, folder: root });
    rmSync(join(root, 'proc/30'), { recursive: true });
    processOf(20, { parent: 1, ticks: [100, 50, 5100], pages: 256 });
    const { cpuPct, residentMegabytes } = await machine.read({ pid: 20, folder: root });
    expect(cpuPct).toBeGreaterThan(0);
    expect(residentMegabytes).toBe(1);
  });

  it('are null where the machine does not tell, and never an error', async () => {
    const machine = createMachineReader(root);
    expect(await machine.read({ pid: 99, folder: join(root, 'nowhere') })).toMatchObject({
      ...{ cpuPct: null, residentMegabytes: null, availableMegabytes: null },
      ...{ diskFreeMegabytes: null, temperatureC: null },
    });
  });

  it('of this very process are plausible, and grow by what a child of a child takes', async () => {
    const machine = createMachineReader();
    const megabytes = async (): Promise<number> =>
      (await machine.read({ pid: process.pid, folder: '/' })).residentMegabytes ?? 0;
    const alone = await megabytes();
    expect(alone).toBeGreaterThan(10);
    expect(alone).toBeLessThan(16_000);
    const hungry =
      'const kept = Buffer.alloc(2e8, 1); console.log(kept.length); setInterval(() => kept, 1e5)';
    const program = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(hungry)}], { stdio: "inherit" })`;
    const child = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    try {
      await once(child.stdout, 'data');
      expect(await megabytes()).toBeGreaterThan(alone + 150);
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await once(child, 'close');
    }
  });
});
