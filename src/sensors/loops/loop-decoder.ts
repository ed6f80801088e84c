/** The values of one read → what they claim about loops. Pure: all it remembers is the reading before. */
import { assertNever } from '../../base/assert-never.ts';
import type { Observation } from '../../traffic/observations/observation.ts';
import type { ReadPlan, SignalPlan } from '../contract.ts';
import { createPresenceEdges, type PresenceEdges } from './presence-edges.ts';
import { checkSignals, isBitTable, widthOf } from './read-plan.ts';

/** A reply's values and the two moments between which the device sampled them, monotonic ms. */
export interface Reading {
  readonly bytes: Uint8Array;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

/** Bits or registers of a read, counted from its start: `first` to `first + quantity - 1`. */
export interface ReadPart {
  readonly first: number;
  readonly quantity: number;
}

export interface LoopDecoder {
  /** Readings come in order of time; `part` is what was read, all of it unless said otherwise. */
  decode(reading: Reading, part?: ReadPart): readonly Observation[];
  /** A reading failed (or this part of it): unless a good one follows soon, nobody knows what happened. */
  interrupt(part?: ReadPart): void;
}

/** A signal with what is remembered of it. */
interface Followed {
  readonly signal: SignalPlan;
  readonly width: number;
  /** Of presence only. */
  readonly edges: PresenceEdges | null;
  /** Last known state of a fault; null before the first reading. */
  state: boolean | null;
}

const NOTHING: readonly Observation[] = [];

/** Throws RoadsideError `config-invalid` when the plan's signals cannot be in its replies. */
export function createLoopDecoder(plan: Pick<ReadPlan, 'table' | 'quantity' | 'signals'>): LoopDecoder {
  checkSignals(plan);
  const isBits = isBitTable(plan.table);
  const whole: ReadPart = { first: 0, quantity: plan.quantity };
  const followed = plan.signals.map(
    (signal): Followed => ({
      signal,
      width: widthOf(signal),
      edges: signal.means === 'loop-occupied' ? createPresenceEdges(signal.loop) : null,
      state: null,
    }),
  );

  return {
    decode(reading, part = whole) {
      let observations: Observation[] | null = null;
      for (const it of followed) {
        if (!isWithin(it, part)) continue;
        const observation = decodeSignal(it, reading, it.signal.offset - part.first);
        if (observation === null) continue;
        observations ??= [];
        observations.push(observation);
      }
      return observations ?? NOTHING;
    },
    interrupt(part = whole) {
      for (const it of followed) if (isWithin(it, part)) it.edges?.interrupt();
    },
  };

  /** `at`: place of the signal in the reply. */
  function decodeSignal(it: Followed, reading: Reading, at: number): Observation | null {
    const { signal } = it;
    switch (signal.means) {
      case 'loop-occupied':
        return it.edges?.see(isSet(reading.bytes, at, isBits) !== signal.invert, reading) ?? null;
      case 'loop-fault': {
        const active = isSet(reading.bytes, at, isBits);
        return active === it.state
          ? null
          : channelFault(it, { code: signal.code, active, atMs: reading.receivedAtMs });
      }
      case 'vehicle-count':
        return {
          kind: 'loop-counters',
          loop: signal.loop,
          count: accumulator(reading.bytes, at, signal.decode),
          bits: it.width === 2 ? 32 : 16,
          nonVolatile: signal.nonVolatile,
          atMs: (reading.sentAtMs + reading.receivedAtMs) / 2,
        };
      case 'occupied-time':
        return {
          kind: 'loop-occupancy',
          loop: signal.loop,
          occupiedMs: accumulator(reading.bytes, at, signal.decode) * signal.unitMs,
          wrapsAtMs: 2 ** (16 * it.width) * signal.unitMs,
          nonVolatile: signal.nonVolatile,
          atMs: (reading.sentAtMs + reading.receivedAtMs) / 2,
        };
      default:
        return assertNever(signal);
    }
  }
}

function isWithin(it: Followed, part: ReadPart): boolean {
  return it.signal.offset >= part.first && it.signal.offset + it.width <= part.first + part.quantity;
}

/** The first reading is told too, good or bad: a fault from before a restart may have ended meanwhile. */
function channelFault(
  it: Followed,
  read: { readonly code: string; readonly active: boolean; readonly atMs: number },
): Observation {
  it.state = read.active;
  return {
    kind: 'sensor-fault',
    sensor: it.signal.loop,
    layer: 'channel',
    ...read,
    detail: read.active
      ? 'reported by the detector card'
      : 'not, or no longer, reported by the detector card',
  };
}

function accumulator(
  bytes: Uint8Array,
  at: number,
  decode: Extract<SignalPlan, { means: 'vehicle-count' }>['decode'],
): number {
  const first = register(bytes, at);
  switch (decode) {
    case 'u16':
      return first;
    case 'u32-msw-first':
      return first * 0x1_0000 + register(bytes, at + 1);
    case 'u32-lsw-first':
      return register(bytes, at + 1) * 0x1_0000 + first;
    default:
      return assertNever(decode);
  }
}

/** In bit tables `offset` counts bits, least significant first (V1.1b3 §6.1); a register is set when not 0. */
function isSet(bytes: Uint8Array, offset: number, isBits: boolean): boolean {
  if (!isBits) return register(bytes, offset) !== 0;
  return (((bytes[offset >> 3] ?? 0) >> (offset & 7)) & 1) === 1;
}

function register(bytes: Uint8Array, offset: number): number {
  return ((bytes[2 * offset] ?? 0) << 8) | (bytes[2 * offset + 1] ?? 0);
}
