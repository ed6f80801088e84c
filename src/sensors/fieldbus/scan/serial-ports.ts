/** The serial ports of this machine, from sysfs: nothing is opened, so that nothing on a line is disturbed. */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface SerialPortEntry {
  readonly path: string;
  /** The name under /dev/serial/by-id that survives replugging; null where the adapter has no serial number. */
  readonly stablePath: string | null;
  /** What the adapter calls itself, else the name of its driver. */
  readonly label: string;
}

/** Where the kernel tells about ports; another tree in tests. */
export interface PortRoots {
  readonly sys: string;
  readonly dev: string;
}

const SYSTEM: PortRoots = { sys: '/sys/class/tty', dev: '/dev' };
/** From a port's node to the USB device that carries the names: interface, configuration, device. */
const LEVELS_TO_ADAPTER = 5;
/** `type` of a serial8250 port behind which the kernel found no UART (PORT_UNKNOWN). */
const NO_UART = '0';

/** Every port that has hardware behind it and is not the system's own console, by name. */
export async function listSerialPorts(roots: PortRoots = SYSTEM): Promise<readonly SerialPortEntry[]> {
  const names = await readdir(roots.sys).catch(() => []);
  const stable = await stableNames(roots);
  const entries = await Promise.all(names.map((name) => entryOf(name, roots, stable)));
  return entries
    .filter((entry) => entry !== null)
    .toSorted((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/** What is known about a port that somebody named; a pseudo-terminal is known to nobody. */
export async function describePort(path: string, roots: PortRoots = SYSTEM): Promise<SerialPortEntry> {
  const real = await realpath(path).catch(() => path);
  const known = (await listSerialPorts(roots)).find((entry) => entry.path === real);
  const isStable = path.startsWith(join(roots.dev, 'serial/'));
  return {
    path,
    stablePath: isStable ? path : (known?.stablePath ?? null),
    label: known?.label ?? '',
  };
}

async function entryOf(
  name: string,
  roots: PortRoots,
  stable: ReadonlyMap<string, string>,
): Promise<SerialPortEntry | null> {
  const node = join(roots.sys, name);
  const device = await realpath(join(node, 'device')).catch(() => null);
  if (device === null) return null;
  const [type, console] = await Promise.all([line(join(node, 'type')), line(join(node, 'console'))]);
  if (type === NO_UART || console === 'Y') return null;
  const path = join(roots.dev, name);
  return { path, stablePath: stable.get(path) ?? null, label: await labelOf(device) };
}

async function stableNames({ dev }: PortRoots): Promise<ReadonlyMap<string, string>> {
  const folder = join(dev, 'serial', 'by-id');
  const names = await readdir(folder).catch(() => []);
  const pairs = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return [await realpath(path).catch(() => ''), path] as const;
    }),
  );
  return new Map(pairs);
}

async function labelOf(device: string): Promise<string> {
  let folder = device;
  for (let level = 0; level < LEVELS_TO_ADAPTER; level += 1) {
    const [maker, product] = await Promise.all([
      line(join(folder, 'manufacturer')),
      line(join(folder, 'product')),
    ]);
    if (product !== '') return `${maker} ${product}`.trim().slice(0, 200);
    folder = dirname(folder);
  }
  const driver = await realpath(join(device, 'driver')).catch(() => '');
  return basename(driver);
}

async function line(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim();
}
