import { pollMsOf } from '../derive/evidence.ts';
import { expandReads, isBitTable, type Read } from '../derive/reads.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { FrameDriver } from '../schema/frame-driver.ts';
import type { Bus, Device, SerialBus } from '../schema/site.ts';

/** A serial line may be this busy; the rest is for repeated requests after a lost answer. */
export const BUS_UTILISATION_MAX_PCT = 90;
/** A proposed poll period leaves more air than the limit asks for. */
const PROPOSED_UTILISATION_PCT = 75;
const PROPOSAL_MIN_MS = 10;
/** Presence read more seldom than this would be no presence; other things may wait for a minute. */
const PROPOSAL_MAX_MS = { presence: 1000, other: 60_000 };

/** How much of one serial line the planned exchanges take, and what would make them fit. */
export interface PollBudget {
  readonly utilisationPct: number;
  /** Time of all exchanges once, one after the other: how late one can be when all fall due together. */
  readonly worstCycleMs: number;
  /** Requests with their replies, or frames that devices send by themselves. */
  readonly reads: number;
  /** The exchange that holds the line longest, and the shortest period that something on the line has. */
  readonly longestMs: number;
  readonly quickestMs: number;
  /** The smallest poll period for every device of the line that fits; null when not even the slowest does. */
  readonly proposedPollMs: number | null;
}

export type Line = Pick<SerialBus, 'baud' | 'parity' | 'stopBits'>;

interface PlannedDevice {
  readonly device: Device;
  readonly driver: LoopDriver;
}

/** The line's budget, from baud, frame sizes and silences; devices whose driver is unknown are left out. */
export function pollBudget(
  bus: Line & Pick<Bus, 'devices'>,
  drivers: ReadonlyMap<string, LoopDriver>,
): PollBudget {
  const planned = bus.devices.flatMap((device): PlannedDevice[] => {
    const driver = drivers.get(device.driver);
    return driver === undefined ? [] : [{ device, driver }];
  });
  const costs = costsOf(planned, { line: bus, leastPollMs: 0 });
  return {
    utilisationPct: utilisationPct(costs),
    worstCycleMs: costs.reduce((sum, cost) => sum + cost.wireMs, 0),
    reads: costs.length,
    longestMs: Math.max(...costs.map((cost) => cost.wireMs)),
    quickestMs: Math.min(...costs.map((cost) => cost.everyMs)),
    proposedPollMs: proposal(planned, bus),
  };
}

/** Whether every poll period can be kept: there is time for all, and none is longer than another's period. */
export function isWithinBudget(budget: Omit<PollBudget, 'proposedPollMs'>): boolean {
  return budget.utilisationPct <= BUS_UTILISATION_MAX_PCT && budget.longestMs <= budget.quickestMs;
}

interface Cost {
  readonly wireMs: number;
  readonly everyMs: number;
}

function costsOf(
  planned: readonly PlannedDevice[],
  options: { readonly line: Line; readonly leastPollMs: number },
): readonly Cost[] {
  const { line } = options;
  return planned.flatMap(({ device, driver }): readonly Cost[] => {
    const pollMs = Math.max(pollMsOf(device, driver), options.leastPollMs);
    if (driver.protocol === 'frames') {
      const cost = { wireMs: frameTimeMs(driver, line), everyMs: pollMs };
      return Array.from({ length: exchangesOf(driver) }, () => cost);
    }
    const reads = expandReads({ driver, loops: device.loops, pollMs, invert: device.invert });
    return reads.map((read) => ({
      wireMs: wireTimeMs(read, { line, timing: driver.bus }),
      everyMs: read.everyMs,
    }));
  });
}

function utilisationPct(costs: readonly Cost[]): number {
  return costs.reduce((sum, { wireMs, everyMs }) => sum + (100 * wireMs) / everyMs, 0);
}

function proposal(planned: readonly PlannedDevice[], line: Line): number | null {
  const periods = planned.map(({ driver }) => periodsOf(driver));
  const leastMs = Math.max(...periods.map((period) => period.leastMs));
  const mostMs = Math.min(...periods.map((period) => period.mostMs));
  for (let pollMs = leastMs; pollMs <= mostMs; pollMs += stepMs(pollMs)) {
    const costs = costsOf(planned, { line, leastPollMs: pollMs });
    const fits = costs.every(({ wireMs }) => wireMs <= pollMs);
    if (fits && utilisationPct(costs) <= PROPOSED_UTILISATION_PCT) return pollMs;
  }
  return null;
}

/** Proposals are round figures. */
function stepMs(pollMs: number): number {
  return 10 ** Math.max(1, Math.floor(Math.log10(pollMs)) - 1);
}

/** The shortest and longest poll period that can be proposed for a device. */
function periodsOf(driver: LoopDriver): { readonly leastMs: number; readonly mostMs: number } {
  if (driver.protocol === 'frames') {
    return { leastMs: driver.pollMs.min, mostMs: Math.min(driver.pollMs.max, PROPOSAL_MAX_MS.other) };
  }
  const presence = driver.signals.some((signal) => signal.means === 'loop-occupied');
  return { leastMs: PROPOSAL_MIN_MS, mostMs: presence ? PROPOSAL_MAX_MS.presence : PROPOSAL_MAX_MS.other };
}

/**
 * Line time of one Modbus request and its reply in milliseconds: both frames, the silence of 3.5 characters
 * before each (fixed 1.75 ms above 19200 baud: Modbus over Serial Line V1.02, 2.5.1.1), the card's time to think.
 */
export function wireTimeMs(
  read: Pick<Read, 'table' | 'quantity'>,
  options: {
    readonly line: Line;
    readonly timing: Pick<LoopDriver['bus'], 'replyDelayMs' | 'turnaroundMs'>;
  },
): number {
  const { line, timing } = options;
  const characterMs = characterTimeMs(line);
  const silenceMs = line.baud > 19_200 ? 1.75 : 3.5 * characterMs;
  const payload = isBitTable(read.table) ? Math.ceil(read.quantity / 8) : 2 * read.quantity;
  const requestCharacters = 8; // unit, function, address (2), quantity (2), CRC (2)
  const replyCharacters = 5 + payload; // unit, function, byte count, payload, CRC (2)
  return (
    (requestCharacters + replyCharacters) * characterMs +
    Math.max(silenceMs, timing.turnaroundMs) +
    silenceMs +
    timing.replyDelayMs
  );
}

/** Lines of text are asked for one after the other; every other codec asks for all that it wants at once. */
function exchangesOf({ codec }: FrameDriver): number {
  return codec.name === 'ascii-fields' ? codec.exchanges.length : 1;
}

/**
 * Line time of one exchange of frames at their longest, in milliseconds, with the silence of 3.5 characters that is
 * kept before the next request.
 */
export function frameTimeMs(driver: Pick<FrameDriver, 'bus' | 'frameBytes'>, line: Line): number {
  const { request, reply } = driver.frameBytes;
  const { replyDelayMs, turnaroundMs } = driver.bus;
  const characterMs = characterTimeMs(line);
  return (request + reply) * characterMs + replyDelayMs + Math.max(3.5 * characterMs, turnaroundMs);
}

/** Start bit, eight bits of data, parity, stop bits. */
function characterTimeMs({ baud, parity, stopBits }: Line): number {
  return ((1 + 8 + (parity === 'none' ? 0 : 1) + stopBits) * 1000) / baud;
}
