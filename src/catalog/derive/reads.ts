import { assertNever } from '../../base/assert-never.ts';
import {
  DECODER_WIDTH,
  type Decoder,
  type Meaning,
  type ModbusDriver,
  type Signal,
  type Table,
} from '../schema/modbus-driver.ts';

/** Numbers and lone fault bits change slowly; reading them with presence would cost bus time for nothing. */
const SLOW_POLL_MS = 1000;

/** How often what is not read with presence is read. */
export function slowPollMs(pollMs: number): number {
  return Math.max(pollMs, SLOW_POLL_MS);
}

/** What one bit or register of a reply means; the shape that the fieldbus process is configured with. */
export type ReadSignal =
  | {
      readonly means: 'loop-occupied';
      readonly offset: number;
      readonly loop: string;
      readonly invert: boolean;
    }
  | {
      readonly means: 'loop-fault';
      readonly offset: number;
      readonly loop: string;
      readonly code: Exclude<Meaning, 'loop-occupied' | 'vehicle-count' | 'occupied-time'>;
    }
  | {
      readonly means: 'vehicle-count';
      readonly offset: number;
      readonly loop: string;
      readonly decode: Exclude<Decoder, 'bits'>;
      readonly nonVolatile: boolean;
    }
  | {
      readonly means: 'occupied-time';
      readonly offset: number;
      readonly loop: string;
      readonly decode: Exclude<Decoder, 'bits'>;
      /** What one count stands for. */
      readonly unitMs: number;
      readonly nonVolatile: boolean;
    };

/** One Modbus request, repeated. `address` is 1-based; `quantity` counts bits or registers. */
export interface Read {
  readonly table: Table;
  readonly address: number;
  readonly quantity: number;
  readonly everyMs: number;
  readonly signals: readonly ReadSignal[];
}

export interface ExpandOptions {
  readonly driver: ModbusDriver;
  /** The loop on each channel, channel 1 first; null for a channel without one. */
  readonly loops: readonly (string | null)[];
  readonly pollMs: number;
  /** The contacts are wired the other way round. */
  readonly invert: boolean;
}

/** One value of one channel at its address. */
interface Cell {
  readonly table: Table;
  readonly address: number;
  readonly width: number;
  readonly signal: Signal;
  readonly loop: string;
}

/**
 * The fewest requests that read every signal of the channels in use, within the card's limits. Fault bits
 * ride with presence where one request reaches both; everything else is read each SLOW_POLL_MS.
 */
export function expandReads(options: ExpandOptions): readonly Read[] {
  const { driver, pollMs, invert } = options;
  const cells = driver.signals.flatMap((signal) => cellsOf(signal, options));
  const [bits, numbers] = partition(cells, (cell) => cell.signal.decode === 'bits');
  const bitGroups = group(bits, driver);
  const [quick, slow] = partition(bitGroups, (cellsOfRead) =>
    cellsOfRead.some((cell) => cell.signal.means === 'loop-occupied'),
  );
  const slowMs = slowPollMs(pollMs);
  return [
    ...quick.map((cellsOfRead) => readOf(cellsOfRead, { everyMs: pollMs, invert })),
    ...slow.map((cellsOfRead) => readOf(cellsOfRead, { everyMs: slowMs, invert })),
    ...group(numbers, driver).map((cellsOfRead) => readOf(cellsOfRead, { everyMs: slowMs, invert })),
  ];
}

/** Where a signal stands for one channel (0-based): its first address. */
export function addressOf(signal: Signal, channel: number): number {
  return signal.address + channel * (signal.stride ?? DECODER_WIDTH[signal.decode]);
}

/** How many channels of the driver have this signal. */
export function channelsOf(signal: Signal, driver: ModbusDriver): number {
  return signal.channels ?? driver.channels;
}

function cellsOf(signal: Signal, { driver, loops }: ExpandOptions): readonly Cell[] {
  const width = DECODER_WIDTH[signal.decode];
  return loops.slice(0, channelsOf(signal, driver)).flatMap((loop, channel) => {
    if (loop === null) return [];
    return [{ table: signal.table, address: addressOf(signal, channel), width, signal, loop }];
  });
}

export function isBitTable(table: Table): boolean {
  return table === 'coil' || table === 'discrete-input';
}

/** Splits cells into runs that one request may cover, in the order of their tables and addresses. */
function group(cells: readonly Cell[], driver: ModbusDriver): readonly (readonly Cell[])[] {
  const { registersPerRequest, bitsPerRequest, gap } = driver.limits;
  const groups: Cell[][] = [];
  const ordered = cells.toSorted((a, b) => a.table.localeCompare(b.table) || a.address - b.address);
  for (const cell of ordered) {
    const current = groups.at(-1);
    const first = current?.[0];
    const limit = isBitTable(cell.table) ? bitsPerRequest : registersPerRequest;
    const fits =
      current !== undefined &&
      first !== undefined &&
      first.table === cell.table &&
      cell.address - endOf(current) <= gap &&
      cell.address + cell.width - first.address <= limit;
    if (fits) current.push(cell);
    else groups.push([cell]);
  }
  return groups;
}

function endOf(cells: readonly Cell[]): number {
  return Math.max(...cells.map((cell) => cell.address + cell.width));
}

function readOf(cells: readonly Cell[], options: { everyMs: number; invert: boolean }): Read {
  const [first] = cells;
  if (first === undefined) throw new RangeError('a read needs at least one signal');
  return {
    table: first.table,
    address: first.address,
    quantity: endOf(cells) - first.address,
    everyMs: options.everyMs,
    signals: cells.map((cell) => signalOf(cell, { offset: cell.address - first.address, ...options })),
  };
}

function signalOf(cell: Cell, options: { offset: number; invert: boolean }): ReadSignal {
  const { offset } = options;
  const { signal, loop } = cell;
  switch (signal.means) {
    case 'loop-occupied':
      return { means: signal.means, offset, loop, invert: signal.invert !== options.invert };
    case 'vehicle-count':
      return { means: signal.means, offset, loop, decode: signal.decode, nonVolatile: signal.nonVolatile };
    case 'occupied-time': {
      const { means, decode, unitMs, nonVolatile } = signal;
      return { means, offset, loop, decode, unitMs, nonVolatile };
    }
    case 'loop-fault':
    case 'loop-open':
    case 'loop-short':
    case 'loop-excess-change':
      return { means: 'loop-fault', offset, loop, code: signal.means };
    default:
      return assertNever(signal);
  }
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
