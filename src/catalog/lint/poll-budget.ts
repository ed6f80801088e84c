import { expandReads, isBitTable, type Read } from '../derive/reads.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Device, RtuBus } from '../schema/site.ts';

/** A serial line may be this busy; the rest is for repeated requests after a lost answer. */
export const BUS_UTILISATION_MAX_PCT = 90;
/** A proposed poll period leaves more air than the limit asks for. */
const PROPOSED_UTILISATION_PCT = 75;
const PROPOSAL_STEP_MS = 10;
const PROPOSAL_MAX_MS = 1000;

/** How much of one serial line the planned reads take, and what would make them fit. */
export interface PollBudget {
  readonly utilisationPct: number;
  /** Time of all reads once, one after the other: how late a read can be when all fall due together. */
  readonly worstCycleMs: number;
  readonly reads: number;
  /** The smallest poll period for every device of the line that fits; null when not even the slowest does. */
  readonly proposedPollMs: number | null;
}

interface PlannedDevice {
  readonly device: Device;
  readonly driver: LoopDriver;
}

/** The line's budget, from baud, frame sizes and silences; devices whose driver is unknown are left out. */
export function pollBudget(bus: RtuBus, drivers: ReadonlyMap<string, LoopDriver>): PollBudget {
  const planned = bus.devices.flatMap((device): PlannedDevice[] => {
    const driver = drivers.get(device.driver);
    return driver === undefined ? [] : [{ device, driver }];
  });
  const costs = costsOf(planned, { bus, leastPollMs: 0 });
  return {
    utilisationPct: utilisationPct(costs),
    worstCycleMs: costs.reduce((sum, cost) => sum + cost.wireMs, 0),
    reads: costs.length,
    proposedPollMs: proposal(planned, bus),
  };
}

interface Cost {
  readonly wireMs: number;
  readonly everyMs: number;
}

function costsOf(
  planned: readonly PlannedDevice[],
  options: { readonly bus: RtuBus; readonly leastPollMs: number },
): readonly Cost[] {
  return planned.flatMap(({ device, driver }) => {
    const pollMs = Math.max(device.pollMs, options.leastPollMs);
    const reads = expandReads({ driver, loops: device.loops, pollMs, invert: device.invert });
    return reads.map((read) => ({
      wireMs: wireTimeMs(read, { bus: options.bus, timing: driver.bus }),
      everyMs: read.everyMs,
    }));
  });
}

function utilisationPct(costs: readonly Cost[]): number {
  return costs.reduce((sum, { wireMs, everyMs }) => sum + (100 * wireMs) / everyMs, 0);
}

function proposal(planned: readonly PlannedDevice[], bus: RtuBus): number | null {
  for (let pollMs = PROPOSAL_STEP_MS; pollMs <= PROPOSAL_MAX_MS; pollMs += PROPOSAL_STEP_MS) {
    if (utilisationPct(costsOf(planned, { bus, leastPollMs: pollMs })) <= PROPOSED_UTILISATION_PCT)
      return pollMs;
  }
  return null;
}

/**
 * Line time of one request and its reply in milliseconds: both frames, the silence of 3.5 characters before
 * each (fixed 1.75 ms above 19200 baud: Modbus over Serial Line V1.02, 2.5.1.1), the card's time to think.
 */
export function wireTimeMs(
  read: Pick<Read, 'table' | 'quantity'>,
  options: {
    readonly bus: Pick<RtuBus, 'baud' | 'parity' | 'stopBits'>;
    readonly timing: Pick<LoopDriver['bus'], 'replyDelayMs' | 'turnaroundMs'>;
  },
): number {
  const { bus, timing } = options;
  const bitsPerCharacter = 1 + 8 + (bus.parity === 'none' ? 0 : 1) + bus.stopBits;
  const characterMs = (bitsPerCharacter * 1000) / bus.baud;
  const silenceMs = bus.baud > 19_200 ? 1.75 : 3.5 * characterMs;
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
