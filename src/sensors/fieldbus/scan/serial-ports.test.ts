import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describePort, listSerialPorts, type PortRoots } from './serial-ports.ts';

let folder: string;
let roots: PortRoots;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-ports-'));
  roots = { sys: join(folder, 'sys'), dev: join(folder, 'dev') };
  await mkdir(roots.sys, { recursive: true });
  await mkdir(join(roots.dev, 'serial', 'by-id'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** A USB adapter as the kernel shows it: names on the device, the port two levels below. */
async function adapter(name: string, product: string): Promise<void> {
  const usb = join(folder, 'devices', `usb-${name}`);
  await write(join(usb, 'manufacturer'), 'FTDI\n');
  await write(join(usb, 'product'), `${product}\n`);
  const port = join(usb, '1-1:1.0', name);
  await mkdir(port, { recursive: true });
  await mkdir(join(roots.sys, name), { recursive: true });
  await symlink(port, join(roots.sys, name, 'device'));
  await write(join(roots.dev, name), '');
}

async function uart(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const device = join(folder, 'devices', name);
  await mkdir(device, { recursive: true });
  await mkdir(join(folder, 'drivers', 'serial8250'), { recursive: true });
  await symlink(join(folder, 'drivers', 'serial8250'), join(device, 'driver'));
  await mkdir(join(roots.sys, name), { recursive: true });
  await symlink(device, join(roots.sys, name, 'device'));
  for (const [file, text] of Object.entries(files)) await write(join(roots.sys, name, file), text);
}

describe('the serial ports of a machine', () => {
  it('come with what the adapter calls itself and with the name that survives replugging', async () => {
    await adapter('ttyUSB10', 'FT232R USB UART');
    await adapter('ttyUSB2', 'USB-RS485');
    const byId = join(roots.dev, 'serial', 'by-id', 'usb-FTDI_FT232R_A50285BI-if00-port0');
    await symlink(join(roots.dev, 'ttyUSB10'), byId);
    expect(await listSerialPorts(roots)).toEqual([
      { path: join(roots.dev, 'ttyUSB2'), stablePath: null, label: 'FTDI USB-RS485' },
      { path: join(roots.dev, 'ttyUSB10'), stablePath: byId, label: 'FTDI FT232R USB UART' },
    ]);
    expect(await describePort(byId, roots)).toEqual({
      path: byId,
      stablePath: byId,
      label: 'FTDI FT232R USB UART',
    });
  });

  it('do not include ports without hardware, the system’s console and virtual terminals', async () => {
    await uart('ttyS0', { type: '4', console: 'N' });
    await uart('ttyS1', { type: '0', console: 'N' });
    await uart('ttyS2', { type: '4', console: 'Y' });
    await mkdir(join(roots.sys, 'tty0'));
    const ports = await listSerialPorts(roots);
    expect(ports).toEqual([{ path: join(roots.dev, 'ttyS0'), stablePath: null, label: 'serial8250' }]);
  });

  it('may be named although nobody knows them', async () => {
    expect(await describePort('/tmp/pty', roots)).toEqual({ path: '/tmp/pty', stablePath: null, label: '' });
  });
});
