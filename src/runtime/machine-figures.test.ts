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
function processOf(pid: number, used: { userTicks: number; systemTicks: number; pages: number }): void {
  const rest = Array.from({ length: 50 }, () => '7');
  rest.splice(0, 1, 'S');
  rest.splice(14 - 3, 2, String(used.userTicks), String(used.systemTicks));
  rest.splice(24 - 3, 1, String(used.pages));
  put(`proc/${pid}/stat`, `${pid} (a (b) c) ${rest.join(' ')}\n`);
}

describe('the figures of the machine', () => {
  it('are of all named processes together, and of the whole machine', async () => {
    processOf(1, { userTicks: 100, systemTicks: 50, pages: 256 });
    processOf(2, { userTicks: 10, systemTicks: 0, pages: 768 });
    put('proc/meminfo', 'MemTotal:        4096000 kB\nMemAvailable:    1024000 kB\n');
    put('sys/class/thermal/thermal_zone0/temp', '41250\n');
    put('sys/class/thermal/thermal_zone1/temp', '58900\n');
    put('sys/class/thermal/cooling_device0/temp', '99000\n');
    const machine = createMachineReader(root);
    const first = await machine.read({ pids: [1, 2], folder: root });
    expect(first).toMatchObject({
      cpuPct: null,
      residentMegabytes: 4,
      availableMegabytes: 1000,
      temperatureC: 58.9,
    });
    expect(first.diskFreeMegabytes).toBeGreaterThan(0);
    processOf(1, { userTicks: 1000, systemTicks: 50, pages: 256 });
    const { cpuPct } = await machine.read({ pids: [1, 2], folder: root });
    expect(cpuPct).toBeGreaterThan(0);
  });

  it('are null where the machine does not tell, and never an error', async () => {
    const machine = createMachineReader(root);
    expect(await machine.read({ pids: [99], folder: join(root, 'nowhere') })).toMatchObject({
      ...{ cpuPct: null, residentMegabytes: null, availableMegabytes: null },
      ...{ diskFreeMegabytes: null, temperatureC: null },
    });
  });

  it('of this very process are plausible', async () => {
    const machine = createMachineReader();
    const { residentMegabytes } = await machine.read({ pids: [process.pid], folder: '/' });
    expect(residentMegabytes).toBeGreaterThan(10);
    expect(residentMegabytes).toBeLessThan(16_000);
  });
});
