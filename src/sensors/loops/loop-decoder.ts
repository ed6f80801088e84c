/** The values of one read → what they claim about loops. Pure: all it remembers is the reading before. */
import { assertNever } from '../../base/assert-never.ts';
import type { LoopCounters, Observation } from '../../traffic/observations/observation.ts';
import type { ReadPlan, SignalPlan } from '../contract.ts';
import { checkSignals, isBitTable } from './read-plan.ts';

/** A reply's values and the two moments between which the device sampled them, monotonic ms. */
export interface Reading {
  readonly bytes: Uint8Array;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

export interface LoopDecoder {
  /** Readings come in order of time. */
  decode(reading: Reading): readonly Observation[];
  /** A reading failed: nobody knows what happened until the next one. */
  interrupt(): void;
}

/** Throws RoadsideError `config-invalid` when the plan's signals cannot be in its replies. */
export function createLoopDecoder(plan: Pick<ReadPlan, 'table' | 'quantity' | 'signals'>): LoopDecoder {
  checkSignals(plan);
  const isBits = isBitTable(plan.table);
  /** Last known state of each signal; null before the first reading, and for presence after a failed one. */
  const states = plan.signals.map((): boolean | null => null);
  let previousSentAtMs = 0;

  return {
    decode(reading) {
      const observations = plan.signals.flatMap(
        (signal, index) => decodeSignal(signal, index, reading) ?? [],
      );
      previousSentAtMs = reading.sentAtMs;
      return observations;
    },
    interrupt() {
      plan.signals.forEach((signal, index) => {
        if (signal.means === 'loop-occupied') states[index] = null;
      });
    },
  };

  function decodeSignal(signal: SignalPlan, index: number, reading: Reading): Observation | null {
    switch (signal.means) {
      case 'loop-occupied':
        return decodePresence(signal, index, reading);
      case 'loop-fault':
        return decodeFault(signal, index, reading);
      case 'vehicle-count':
        return decodeCount(signal, reading);
      default:
        return assertNever(signal);
    }
  }

  function decodePresence(
    signal: Extract<SignalPlan, { means: 'loop-occupied' }>,
    index: number,
    reading: Reading,
  ): Observation | null {
    const occupied = isSet(reading.bytes, signal.offset, isBits) !== signal.invert;
    const before = states[index];
    if (before === occupied) return null;
    states[index] = occupied;
    const found = before === null || before === undefined;
    // The edge lies after the last reading was asked for and before this one was received.
    const earliestMs = found ? reading.sentAtMs : previousSentAtMs;
    return {
      kind: 'loop-transition',
      loop: signal.loop,
      occupied,
      atMs: (earliestMs + reading.receivedAtMs) / 2,
      uncertaintyMs: (reading.receivedAtMs - earliestMs) / 2,
      found,
    };
  }

  function decodeFault(
    signal: Extract<SignalPlan, { means: 'loop-fault' }>,
    index: number,
    reading: Reading,
  ): Observation | null {
    const active = isSet(reading.bytes, signal.offset, isBits);
    if ((states[index] ?? false) === active) return null;
    states[index] = active;
    return {
      kind: 'sensor-fault',
      sensor: signal.loop,
      layer: 'channel',
      code: signal.code,
      active,
      atMs: reading.receivedAtMs,
      detail: active ? 'reported by the detector card' : 'cleared by the detector card',
    };
  }
}

function decodeCount(
  signal: Extract<SignalPlan, { means: 'vehicle-count' }>,
  reading: Reading,
): LoopCounters {
  const first = register(reading.bytes, signal.offset);
  const second = register(reading.bytes, signal.offset + 1);
  const isWide = signal.decode !== 'u16';
  const wide = signal.decode === 'u32-lsw-first' ? second * 0x1_0000 + first : first * 0x1_0000 + second;
  return {
    kind: 'loop-counters',
    loop: signal.loop,
    count: isWide ? wide : first,
    bits: isWide ? 32 : 16,
    nonVolatile: signal.nonVolatile,
    atMs: (reading.sentAtMs + reading.receivedAtMs) / 2,
  };
}

/** In bit tables `offset` counts bits, least significant first (V1.1b3 §6.1); a register is set when not 0. */
function isSet(bytes: Uint8Array, offset: number, isBits: boolean): boolean {
  if (!isBits) return register(bytes, offset) !== 0;
  return (((bytes[offset >> 3] ?? 0) >> (offset & 7)) & 1) === 1;
}

function register(bytes: Uint8Array, offset: number): number {
  return ((bytes[2 * offset] ?? 0) << 8) | (bytes[2 * offset + 1] ?? 0);
}
