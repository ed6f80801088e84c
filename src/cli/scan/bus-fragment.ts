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

/** The `buses:` part of a site file for what was found. Names are proposals; loops are to be named by lane. */
export function busFragment({ devices, stablePathOf, drivers }: FragmentOptions): readonly string[] {
  const buses = Map.groupBy(devices, ({ path, baud, parity, stopBits }) =>
    [path, baud, parity, stopBits].join(' '),
  );
  let serialLines = 0;
  let peers = 0;
  let cards = 0;
  const lines = [...buses.values()].flatMap((onBus) => {
    const [first] = onBus;
    if (first === undefined) return [];
    const isPeer = first.baud === 0;
    const head = isPeer ? peerHead(first, ++peers) : lineHead(first, ++serialLines, stablePathOf);
    const named = onBus.map((found) => nameDevice(found, ++cards, drivers));
    const pollMs = isPeer ? null : neededPollMs(first, named, drivers);
    return [...head, '    devices:', ...named.flatMap((device) => deviceLines(device, pollMs))];
  });
  return ['buses:', ...lines];
}

interface NamedDevice {
  readonly id: string;
  readonly found: FoundDevice;
  readonly loops: readonly string[];
}

function nameDevice(
  found: FoundDevice,
  number: number,
  drivers: ReadonlyMap<string, LoopDriver>,
): NamedDevice {
  const channels = drivers.get(found.drivers[0] ?? '')?.channels ?? 1;
  const loops = Array.from({ length: channels }, (_, index) => `card-${number}-loop-${index + 1}`);
  return { id: `card-${number}`, found, loops };
}

/** The poll period at which a slow line carries all of its cards; null when it carries them anyway. */
function neededPollMs(
  line: FoundDevice,
  named: readonly NamedDevice[],
  drivers: ReadonlyMap<string, LoopDriver>,
): number | null {
  const { baud, parity, stopBits } = line;
  const devices = named.map(
    ({ id, found, loops }): Device => ({
      id,
      driver: found.drivers[0] ?? '',
      unit: found.unit,
      invert: false,
      loops: [...loops],
    }),
  );
  const budget = pollBudget({ baud: baud as SerialBus['baud'], parity, stopBits, devices }, drivers);
  return budget.reads === 0 || isWithinBudget(budget) ? null : budget.proposedPollMs;
}

function lineHead(device: FoundDevice, number: number, stablePathOf: (path: string) => string): string[] {
  const { path, baud, parity, stopBits } = device;
  return [
    `  - id: rs485-${number}`,
    '    protocol: modbus-rtu',
    `    path: ${stablePathOf(path)}`,
    `    baud: ${baud}`,
    `    parity: ${parity}`,
    `    stopBits: ${stopBits}`,
  ];
}

function peerHead({ path }: FoundDevice, number: number): string[] {
  const colon = path.lastIndexOf(':');
  return [
    `  - id: lan-${number}`,
    '    protocol: modbus-tcp',
    `    host: ${path.slice(0, colon)}`,
    `    port: ${path.slice(colon + 1)}`,
  ];
}

function deviceLines({ id, found, loops }: NamedDevice, pollMs: number | null): string[] {
  const { unit, drivers, detail } = found;
  const [driver, ...others] = drivers;
  const also = others.length === 0 ? '' : ` # or ${others.join(', ')}`;
  return [
    `      - id: ${id} # as on its label in the cabinet`,
    ...(driver === undefined ? [`        # ${detail}; roadside drivers list`] : []),
    `        driver: ${driver ?? UNKNOWN_DRIVER}${also}`,
    `        unit: ${unit}`,
    ...(pollMs === null ? [] : [`        pollMs: ${pollMs} # so that the line can carry all of its cards`]),
    `        loops: [${loops.join(', ')}] # as in your lanes; null for a spare channel`,
  ];
}
