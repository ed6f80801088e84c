/**
 * Modules that speak lines of plain ASCII, asked one line and answering one line; what the lines are made of
 * stands in the driver file. Some answers name neither the module nor the question, so an answer that is late
 * cannot be told from the next one: after a question without any answer, the first line is given up.
 */
import { assertNever } from '../../../base/assert-never.ts';
import { RoadsideError } from '../../../base/errors.ts';
import type { Observation } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import { type ChannelFault, createChannelFault } from '../channel-fault.ts';
import type { DeviceSession, Moment, SessionSays } from '../device-session.ts';
import { createPresenceEdges, type PresenceEdges, type ReadWindow } from '../presence-edges.ts';
import {
  createLineReader,
  encodeLine,
  type FieldValue,
  parseLine,
  removeChecksum,
} from './ascii-fields-lines.ts';
import type { AsciiFieldsPlan, ReplyPart } from './ascii-fields-plan.ts';

/** Later than this many times its deadline, counted from the question, no answer comes any more. */
const LATE_FACTOR = 3;

interface OpenQuestion {
  readonly exchange: number;
  readonly askedAtMs: number;
  /** Whether a line has come since: then nothing of it is still under way. */
  hasLine: boolean;
}

/** Throws RoadsideError `config-invalid` when the plan is not one for this codec. */
export function createAsciiFieldsSession(plan: FrameDevicePlan): DeviceSession {
  const { codec, address } = plan;
  if (codec.name !== 'ascii-fields') throw invalid(`${plan.id} is no device of plain ASCII`);
  checkPlan(codec, address);
  const reader = createLineReader(codec.end);
  const decoders = codec.exchanges.map(({ reply }) => createReplyDecoder(reply, plan));
  let open: OpenQuestion | null = null;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let mayBeLate = false;
  let discardedBytes = 0;

  const receiveLine = (line: string, at: Moment): readonly SessionSays[] => {
    if (open === null) {
      mayBeLate = false;
      return [];
    }
    open.hasLine = true;
    const { exchange } = open;
    if (mayBeLate) {
      mayBeLate = false;
      return [{ kind: 'corrupt', why: 'it may be the answer to the question before' }];
    }
    const text = removeChecksum(line, codec.checksum);
    if (text === null) return [{ kind: 'corrupt', why: 'the checksum does not fit' }];
    const values = parseLine(codec.exchanges[exchange]?.reply ?? [], address, text);
    const isRefusal = values === null && parseLine(codec.refusal, address, text) !== null;
    if (values === null && !isRefusal) return [{ kind: 'corrupt', why: 'the line is not the answer' }];
    const window = { sentAtMs: open.askedAtMs, receivedAtMs: at.monoMs };
    open = null;
    if (values === null) {
      decoders[exchange]?.interrupt();
      return [{ kind: 'refused', exchange, why: `the module answered ${text}` }];
    }
    const observations = decoders[exchange]?.decode(values, window) ?? [];
    const answered = { kind: 'answered', exchange } as const;
    return observations.length === 0 ? [answered] : [{ kind: 'observations', observations }, answered];
  };

  return {
    exchanges: codec.exchanges.map(({ name }) => ({
      name,
      everyMs: plan.everyMs,
      pushed: false,
      countsAsReading: true,
    })),
    get discardedBytes() {
      return discardedBytes + reader.discardedBytes;
    },
    ask(exchange, at) {
      if (at.monoMs - askedAtMs > LATE_FACTOR * plan.responseTimeoutMs) mayBeLate = false;
      askedAtMs = at.monoMs;
      open = { exchange, askedAtMs, hasLine: false };
      reader.forget();
      return encodeLine(codec.exchanges[exchange]?.request ?? [], address, codec);
    },
    receive(bytes, at) {
      return reader.read(bytes).flatMap((line): readonly SessionSays[] => {
        const says = receiveLine(line.text, at);
        if (!says.some((it) => it.kind === 'answered' || it.kind === 'refused')) discardedBytes += line.bytes;
        return says;
      });
    },
    interrupt(why) {
      reader.forget();
      if (why === 'line-lost') for (const decoder of decoders) decoder.interrupt();
      else if (open !== null) decoders[open.exchange]?.interrupt();
      mayBeLate = why === 'timeout' && open !== null && !open.hasLine;
      open = null;
    },
  };
}

interface ReplyDecoder {
  decode(values: readonly FieldValue[], window: ReadWindow): readonly Observation[];
  /** A reading failed: unless a good one follows soon, what was present is not known any more. */
  interrupt(): void;
}

/** One bit that says something about a loop. */
type BitMeaning =
  | { readonly kind: 'presence'; readonly edges: PresenceEdges }
  | { readonly kind: 'fault'; readonly fault: ChannelFault };

function createReplyDecoder(parts: readonly ReplyPart[], plan: FrameDevicePlan): ReplyDecoder {
  const loops = new Map(plan.channels.map(({ channel, loop }) => [channel, loop]));
  const bits = new Map<ReplyPart, readonly (BitMeaning | null)[]>();
  for (const part of parts) {
    if (part.part !== 'bits') continue;
    const meanings = Array.from({ length: part.channels }, (_, index): BitMeaning | null => {
      const loop = loops.get(part.channel + index);
      if (loop === undefined) return null;
      if (part.means === 'loop-occupied') return { kind: 'presence', edges: createPresenceEdges(loop) };
      return { kind: 'fault', fault: createChannelFault({ loop, code: part.means }) };
    });
    bits.set(part, meanings);
  }

  const decodeField = ({ part, value }: FieldValue, window: ReadWindow): readonly Observation[] => {
    if (part.part === 'bits') {
      return (bits.get(part) ?? []).flatMap((meaning, bit) => {
        const isSet = (Math.floor(value / 2 ** bit) % 2 === 1) !== part.invert;
        if (meaning === null) return [];
        if (meaning.kind === 'presence') return meaning.edges.see(isSet, window) ?? [];
        return meaning.fault.see(isSet, window.receivedAtMs) ?? [];
      });
    }
    const loop = loops.get(part.channel);
    return loop === undefined ? [] : [accumulated(part, { loop, value, window })];
  };
  return {
    decode: (values, window) => values.flatMap((value) => decodeField(value, window)),
    interrupt() {
      for (const meanings of bits.values()) {
        for (const meaning of meanings) if (meaning?.kind === 'presence') meaning.edges.interrupt();
      }
    },
  };
}

function accumulated(
  part: Extract<FieldValue['part'], { readonly part: 'vehicle-count' | 'occupied-time' }>,
  { loop, value, window }: { readonly loop: string; readonly value: number; readonly window: ReadWindow },
): Observation {
  const atMs = (window.sentAtMs + window.receivedAtMs) / 2;
  const { bits, nonVolatile } = part;
  switch (part.part) {
    case 'vehicle-count':
      return { kind: 'loop-counters', loop, count: value, bits, nonVolatile, atMs };
    case 'occupied-time': {
      const wrapsAtMs = 2 ** bits * part.unitMs;
      return { kind: 'loop-occupancy', loop, occupiedMs: value * part.unitMs, wrapsAtMs, nonVolatile, atMs };
    }
    default:
      return assertNever(part);
  }
}

function checkPlan(codec: AsciiFieldsPlan, address: number): void {
  const parts = codec.exchanges.flatMap(({ request, reply }) => [...request, ...reply]);
  const isTooSmall = parts.some((it) => it.part === 'bits' && it.channels > 4 * it.digits);
  if (isTooSmall) throw invalid('a field has fewer bits than channels');
  const highest = Math.min(
    ...parts.map((it) => (it.part === 'unit' ? { hex: 255, dec: 99 }[it.base] : 65_535)),
  );
  if (address > highest) throw invalid(`number ${address} cannot be written in two digits`);
}

function invalid(problem: string): RoadsideError {
  return new RoadsideError('config-invalid', problem, {
    hint: 'Correct the driver file, or the number of the device.',
  });
}
