/** What a detector card answers at each address. Addresses are 1-based, as in the manuals. */
import type { LoopChannel } from './loop-channel.ts';

/**
 * `ld120`, `ld220`: Procon/PCE loop detectors with one and two loops ("Loop detector with Modbus
 * communications", user manual, chapter 6). `di16`: a plain module with sixteen digital inputs.
 */
export type CardModel = 'ld120' | 'ld220' | 'di16';

export type CardTable = 'discrete-input' | 'input-register' | 'holding-register';

/** Manual, chapter 6: "limited to 8 consecutive read or write registers". */
const LD_REGISTERS_PER_REQUEST = 8;
const LD_SOFTWARE_VERSION = 1;
const LD_TYPE = { ld120: 34, ld220: 35 } as const;
const DI16_INPUTS = 16;

export interface CardMap {
  /** Most bits or registers of one request; the rest is refused. */
  readonly registersPerRequest: number;
  /** A bit is 0 or 1. Null where the card has nothing: it answers with an exception. */
  valueAt(table: CardTable, address: number): number | null;
}

export function createCardMap(model: CardModel, loops: readonly (LoopChannel | null)[]): CardMap {
  if (model === 'di16') {
    return {
      registersPerRequest: 125,
      valueAt: (table, address) =>
        table === 'discrete-input' && address <= DI16_INPUTS
          ? Number(loops[address - 1]?.isDetected ?? false)
          : null,
    };
  }
  const first = loops[0] ?? null;
  const second = model === 'ld220' ? (loops[1] ?? null) : null;
  return {
    registersPerRequest: LD_REGISTERS_PER_REQUEST,
    valueAt(table, address) {
      switch (table) {
        case 'discrete-input':
          return address <= 8 ? (ldInputs(model, first, second) >> (address - 1)) & 1 : null;
        case 'input-register':
          if (address === 1) return (LD_SOFTWARE_VERSION << 8) | LD_TYPE[model];
          return address === 2 ? ldInputs(model, first, second) : null;
        case 'holding-register':
          return ldHoldingRegister(address, first, second);
      }
    },
  };
}

/** Inputs 10001..10008 as bits 0..7: fault and detect of each loop, then what is wrong with its wire. */
function ldInputs(model: 'ld120' | 'ld220', first: LoopChannel | null, second: LoopChannel | null): number {
  const faults = [first?.isWireOpen ?? false, second?.isWireOpen ?? false].map(Number);
  const detects = [first?.isDetected ?? false, second?.isDetected ?? false].map(Number);
  const [fault1 = 0, fault2 = 0] = faults;
  const [detect1 = 0, detect2 = 0] = detects;
  const loop1 = fault1 | (detect1 << 1) | (fault1 << 4);
  return model === 'ld120' ? loop1 : loop1 | (fault2 << 2) | (detect2 << 3) | (fault2 << 6);
}

/**
 * 40003..40009 are the card's clock, 40010/40011 counter 1 with the high word first, 40014 the node id. The
 * LD120's table calls 40012/40013 unused; that the LD220 keeps counter 2 there is inferred from that.
 */
function ldHoldingRegister(
  address: number,
  first: LoopChannel | null,
  second: LoopChannel | null,
): number | null {
  switch (address) {
    case 10:
      return (first?.count ?? 0) >>> 16;
    case 11:
      return (first?.count ?? 0) & 0xffff;
    case 12:
      return (second?.count ?? 0) >>> 16;
    case 13:
      return (second?.count ?? 0) & 0xffff;
    default:
      return address >= 3 && address <= 14 ? 0 : null;
  }
}
