import type { ScanFinding } from '../../app/bus-scan.ts';
import { isWithinBudget, pollBudget } from '../../catalog/lint/poll-budget.ts';
import type { LoopDriver } from '../../catalog/schema/driver.ts';
import type { Device, SerialBus } from '../../catalog/schema/site.ts';

export type FoundDevice = Extract<ScanFinding, { finding: 'device' }>;

export interface FragmentOptions {
  readonly devices: readonly FoundDevice[];
  /** The name of a port that survives replugging, where it has one. */
  readonly stablePathOf: (path: string) => string;
  readonly drivers: ReadonlyMap<string, LoopDriver>;
}

/** What a driver is called in the fragment that nobody recognised: no name, so that `check` asks for one. */
const UNKNOWN_DRIVER = 'NAME-ITS-DRIVER';

/** Of a device with more channels one loop is proposed: which of them are wired is seen in the cabinet. */
const LOOPS_AT_MOST = 4;
/** What a bus of each protocol is called. */
const BUS_NAMES: Readonly<Record<FoundDevice['protocol'], string>> = {
  'modbus-rtu': 'rs485',
  'serial-frames': 'serial',
  'modbus-tcp': 'lan',
  'modbus-rtu-over-tcp': 'server',
  'tcp-frames': 'lan-frames',
  'tcp-frames-server': 'callers',
};
/** Behind a device server the line cannot be seen; the site file needs its settings to reckon its time. */
const LINE_BEHIND: SerialLine = { baud: 9600, parity: 'none', stopBits: 1 };

type SerialLine = Pick<SerialBus, 'baud' | 'parity' | 'stopBits'>;

/** The `buses:` part of a site file for what was found. Names are proposals; loops are to be named by lane. */
export function busFragment({ devices, stablePathOf, drivers }: FragmentOptions): readonly string[] {
  const buses = Map.groupBy(devices, ({ protocol, path, baud, parity, stopBits }) =>
    [protocol, path, baud, parity, stopBits].join(' '),
  );
  const numbers = new Map<string, number>();
  let cards = 0;
  const lines = [...buses.values()].flatMap((onBus) => {
    const [first] = onBus;
    if (first === undefined) return [];
    const name = BUS_NAMES[first.protocol];
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    const named = onBus.map((found) => nameDevice(found, ++cards, drivers));
    const line = lineOf(first, drivers);
    const pollMs = line === null ? null : neededPollMs(line, named, drivers);
    return [
      `  - id: ${name}-${number}`,
      `    protocol: ${first.protocol}`,
      ...placeLines(first, stablePathOf),
      ...(line === null ? [] : settingsLines(first, line)),
      '    devices:',
      ...named.flatMap((device) => deviceLines(device, pollMs)),
    ];
  });
  return ['buses:', ...lines];
}

interface NamedDevice {
  readonly id: string;
  readonly found: FoundDevice;
  readonly loops: readonly string[];
  /** How many its driver can serve. */
  readonly channels: number;
}

function nameDevice(
  found: FoundDevice,
  number: number,
  drivers: ReadonlyMap<string, LoopDriver>,
): NamedDevice {
  const channels = drivers.get(found.drivers[0] ?? '')?.channels ?? 1;
  const proposed = channels > LOOPS_AT_MOST ? 1 : channels;
  const loops = Array.from({ length: proposed }, (_, at) => `card-${number}-loop-${at + 1}`);
  return { id: `card-${number}`, found, loops, channels };
}

/** The serial line that the devices are on; null where there is none. */
function lineOf(first: FoundDevice, drivers: ReadonlyMap<string, LoopDriver>): SerialLine | null {
  const { protocol, baud, parity, stopBits } = first;
  if (protocol === 'modbus-rtu' || protocol === 'serial-frames') {
    return { baud: baud as SerialBus['baud'], parity, stopBits };
  }
  if (protocol !== 'modbus-rtu-over-tcp') return null;
  const own = drivers.get(first.drivers[0] ?? '')?.bus.serial;
  return {
    baud: own?.baud[0] ?? LINE_BEHIND.baud,
    parity: own?.parity[0] ?? LINE_BEHIND.parity,
    stopBits: own?.stopBits[0] ?? LINE_BEHIND.stopBits,
  };
}

/** The poll period at which a slow line carries all of its cards; null when it carries them anyway. */
function neededPollMs(
  line: SerialLine,
  named: readonly NamedDevice[],
  drivers: ReadonlyMap<string, LoopDriver>,
): number | null {
  const devices = named.map(
    ({ id, found, loops }): Device => ({
      id,
      driver: found.drivers[0] ?? '',
      unit: found.unit,
      invert: false,
      loops: [...loops],
    }),
  );
  const budget = pollBudget({ ...line, devices }, drivers);
  return budget.reads === 0 || isWithinBudget(budget) ? null : budget.proposedPollMs;
}

function placeLines({ protocol, path }: FoundDevice, stablePathOf: (path: string) => string): string[] {
  if (protocol === 'modbus-rtu' || protocol === 'serial-frames') return [`    path: ${stablePathOf(path)}`];
  const colon = path.lastIndexOf(':');
  const name = protocol === 'tcp-frames-server' ? 'bind' : 'host';
  return [`    ${name}: ${path.slice(0, colon)}`, `    port: ${path.slice(colon + 1)}`];
}

function settingsLines({ protocol }: FoundDevice, { baud, parity, stopBits }: SerialLine): string[] {
  const asSet = protocol === 'modbus-rtu-over-tcp' ? ' # as set in the device server' : '';
  return [`    baud: ${baud}${asSet}`, `    parity: ${parity}${asSet}`, `    stopBits: ${stopBits}${asSet}`];
}

function deviceLines({ id, found, loops, channels }: NamedDevice, pollMs: number | null): string[] {
  const { unit, identity, drivers, detail } = found;
  const [driver, ...others] = drivers;
  const also = others.length === 0 ? '' : ` # or ${others.join(', ')}`;
  return [
    `      - id: ${id} # as on its label in the cabinet`,
    ...(driver === undefined ? [`        # ${detail}; roadside drivers list`] : []),
    `        driver: ${driver ?? UNKNOWN_DRIVER}${also}`,
    identity === null ? `        unit: ${unit}` : `        identity: "${identity}"`,
    ...(pollMs === null ? [] : [`        pollMs: ${pollMs} # so that the line can carry all of its cards`]),
    ...(channels > loops.length
      ? [`        # ${channels} channels: name a loop for each that is wired`]
      : []),
    `        loops: [${loops.join(', ')}] # as in your lanes; null for a spare channel`,
  ];
}
