/**
 * A Modbus slave that misbehaves by script, over TCP or a serial line. Every address has its own value, so a
 * reply that was taken for another request's is always seen.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { crc16 } from '../../src/sensors/fieldbus/modbus-frames.ts';
import { createSerialOpener } from '../../src/sensors/fieldbus/serial-line.ts';
import type { SeededRandom } from './modbus-random.ts';

/** `stall`: the slave works its requests off in order, and this one takes longer than the master waits. */
export const SLAVE_FAULTS = [
  'late',
  'stall',
  'mute',
  'doubled',
  'doubled-apart',
  'truncated',
  'corrupted',
  'foreign-unit',
  'foreign-transaction',
  'foreign-protocol',
  'split',
  'merged',
  'noise-before',
  'noise-after',
  'noise-only',
  'exception',
] as const;
export type SlaveFault = (typeof SLAVE_FAULTS)[number];

export interface SlaveScript {
  readonly random: SeededRandom;
  /** Share of requests that meet a fault, 0..1. */
  readonly faultShare: number;
  readonly faults: readonly SlaveFault[];
  /** When the master gives up, ms after its request. */
  readonly deadlineMs: number;
}

export interface ScriptedSlave {
  /** Function codes that were ever asked for. */
  readonly functionCodes: ReadonlySet<number>;
  readonly requests: number;
  /** Smallest pause between the end of a reply and the next request, ms; only where the reply was clean. */
  readonly shortestPauseMs: number;
  close(): Promise<void>;
}

interface Request {
  readonly transaction: number;
  readonly unit: number;
  readonly functionCode: number;
  readonly address: number;
  readonly quantity: number;
}

/** How a transport frames a reply body, and what corruption of it the protocol can detect at all. */
interface Framing {
  frame(request: Request, body: Uint8Array, oddity?: 'transaction' | 'protocol'): Uint8Array;
  /** Bytes of a frame in which a flipped bit must be noticed: all with a CRC, only the header without. */
  checkedBytes(frame: Uint8Array): number;
  /** Time that request and reply take on the wire. */
  onWireMs(frame: Uint8Array): number;
}

/** The value of an address, `length` bytes: the address and its complement, over and over. */
export function valueOfAddress(address: number, length: number): Uint8Array {
  const pattern = [address >> 8, address & 0xff, ~(address >> 8) & 0xff, (address & 0xff) ^ 0x5a];
  return Uint8Array.from({ length }, (_, index) => pattern[index % 4] ?? 0);
}

function bodyOf(request: Request, value = request.address): Uint8Array {
  const length = request.functionCode <= 2 ? Math.ceil(request.quantity / 8) : request.quantity * 2;
  return Uint8Array.from([request.unit, request.functionCode, length, ...valueOfAddress(value, length)]);
}

/** No device is so slow that its reply comes later than this; see LATEST_REPLY_TIMEOUTS. */
const WORST_DELAY_DEADLINES = 6;

/** Bytes and when they leave, ms after the slave has thought. */
type Burst = readonly [afterMs: number, bytes: Uint8Array];

function createScriptedReplies(script: SlaveScript, framing: Framing) {
  const { random } = script;
  let readyAtMs = 0;
  let previous: Request | null = null;

  const delayOf = (fault: SlaveFault | undefined): number => {
    if (fault === 'late') return script.deadlineMs * (1 + random.next() * 0.7);
    return fault === 'stall' ? script.deadlineMs * (1.5 + random.next() * 3) : 0;
  };
  const burstsOf = (request: Request, fault: SlaveFault | undefined): readonly Burst[] => {
    const honest = framing.frame(request, bodyOf(request));
    const wrongValue = (request.address + 77) & 0xffff;
    switch (fault) {
      case undefined:
      case 'late':
      case 'stall':
        return [[0, honest]];
      case 'mute':
        return [];
      case 'doubled':
        return [[0, join(honest, honest)]];
      case 'doubled-apart':
        return [
          [0, honest],
          [1 + random.next() * 3, honest],
        ];
      case 'truncated':
        return [[0, honest.subarray(0, random.whole(1, honest.length))]];
      case 'corrupted': {
        const broken = honest.slice();
        const at = random.whole(0, framing.checkedBytes(honest));
        broken[at] = (broken[at] ?? 0) ^ (1 << random.whole(0, 8));
        return [[0, broken]];
      }
      case 'foreign-unit':
        return [[0, framing.frame(request, bodyOf({ ...request, unit: request.unit + 1 }, wrongValue))]];
      case 'foreign-transaction':
        return [[0, framing.frame(request, bodyOf(request, wrongValue), 'transaction')]];
      case 'foreign-protocol':
        return [[0, framing.frame(request, bodyOf(request, wrongValue), 'protocol')]];
      case 'split':
        return [...honest].map((byte, index): Burst => [index * 0.3, Uint8Array.of(byte)]);
      case 'merged':
        return [[0, join(framing.frame(previous ?? request, bodyOf(previous ?? request)), honest)]];
      case 'noise-before':
        return [[0, join(random.bytes(random.whole(1, 12)), honest)]];
      case 'noise-after':
        return [[0, join(honest, random.bytes(random.whole(1, 12)))]];
      case 'noise-only':
        return [[0, random.bytes(random.whole(1, 40))]];
      case 'exception':
        return [[0, framing.frame(request, Uint8Array.of(request.unit, request.functionCode | 0x80, 4))]];
    }
  };
  return (request: Request, send: (bytes: Uint8Array) => void): void => {
    const isFault = random.next() < script.faultShare;
    const fault = isFault ? script.faults[random.whole(0, script.faults.length)] : undefined;
    const bursts = burstsOf(request, fault);
    previous = request;
    const nowMs = performance.now();
    const onWireMs = framing.onWireMs(framing.frame(request, bodyOf(request)));
    // A slave works its requests off in the order they came.
    const worstMs = nowMs + WORST_DELAY_DEADLINES * script.deadlineMs;
    readyAtMs = Math.min(Math.max(nowMs, readyAtMs) + delayOf(fault), worstMs) + onWireMs;
    for (const [afterMs, bytes] of bursts) setTimeout(send, Math.ceil(readyAtMs - nowMs + afterMs), bytes);
  };
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  return Uint8Array.from([...first, ...second]);
}

const TCP_FRAMING: Framing = {
  frame(request, body, oddity) {
    const transaction = oddity === 'transaction' ? request.transaction ^ 0x0101 : request.transaction;
    const header = [transaction >> 8, transaction & 0xff, 0, oddity === 'protocol' ? 9 : 0, 0, body.length];
    return Uint8Array.from([...header, ...body]);
  },
  checkedBytes: () => 9,
  onWireMs: () => 0,
};

export async function openScriptedTcpSlave(
  script: SlaveScript,
): Promise<ScriptedSlave & { readonly port: number }> {
  const reply = createScriptedReplies(script, TCP_FRAMING);
  const functionCodes = new Set<number>();
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer((socket) => {
    let pending = Buffer.alloc(0);
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (; pending.length >= 12; pending = pending.subarray(12)) {
        requests += 1;
        functionCodes.add(pending[7] ?? 0);
        reply(requestAt(pending, 6, pending.readUInt16BE(0)), (out) => {
          if (!socket.destroyed) socket.write(out);
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    functionCodes,
    get requests() {
      return requests;
    },
    shortestPauseMs: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export async function openScriptedRtuSlave(
  script: SlaveScript,
  port: { readonly path: string; readonly baud: number },
): Promise<ScriptedSlave> {
  const charMs = 10_000 / port.baud;
  const reply = createScriptedReplies(script, {
    frame(_request, body) {
      const crc = crc16(body, 0, body.length);
      return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
    },
    checkedBytes: (frame) => frame.length,
    onWireMs: (frame) => (8 + frame.length) * charMs + 0.5,
  });
  const functionCodes = new Set<number>();
  let requests = 0;
  let pending = Buffer.alloc(0);
  let repliedAtMs = Number.NaN;
  let shortestPauseMs = Number.POSITIVE_INFINITY;
  const line = await createSerialOpener({ ...port, parity: 'none', stopBits: 1 })({
    onClosed: () => undefined,
    onBytes(bytes) {
      pending = Buffer.concat([pending, bytes]);
      for (; pending.length >= 8; pending = pending.subarray(8)) {
        requests += 1;
        functionCodes.add(pending[1] ?? 0);
        const pauseMs = performance.now() - repliedAtMs;
        if (pauseMs < shortestPauseMs) shortestPauseMs = pauseMs;
        reply(requestAt(pending, 0, 0), (out) => {
          line.write(out);
          repliedAtMs = performance.now();
        });
      }
    },
  });
  return {
    functionCodes,
    get requests() {
      return requests;
    },
    get shortestPauseMs() {
      return shortestPauseMs;
    },
    close: () => line.close(),
  };
}

function requestAt(bytes: Buffer, at: number, transaction: number): Request {
  return {
    transaction,
    unit: bytes[at] ?? 0,
    functionCode: bytes[at + 1] ?? 0,
    address: bytes.readUInt16BE(at + 2) + 1,
    quantity: bytes.readUInt16BE(at + 4),
  };
}
