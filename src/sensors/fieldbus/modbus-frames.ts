/**
 * Modbus frames, reading only (Modbus Application Protocol V1.1b3 §6.1-6.4; Modbus over Serial Line V1.02
 * §2.5.1; Messaging on TCP/IP V1.0b §3.1.3). This program has no encoder for a function that writes: the
 * function code comes from the table below and from nowhere else.
 */
import { RoadsideError } from '../../base/errors.ts';
import type { TableName } from '../contract.ts';
import { isBitTable } from '../loops/read-plan.ts';

export const READ_FUNCTION = {
  coil: 1,
  'discrete-input': 2,
  'holding-register': 3,
  'input-register': 4,
} as const satisfies Record<TableName, number>;

/** V1.1b3 §6.1 and §6.3. */
export const BITS_PER_READ = 2000;
export const REGISTERS_PER_READ = 125;

export interface ReadRequest {
  readonly unit: number;
  readonly table: TableName;
  /** 1-based, as manuals print it; the wire carries one less. */
  readonly address: number;
  /** Bits or registers. */
  readonly quantity: number;
}

/** All that a reply without a transaction id can be recognised by. */
export interface ReplyShape {
  readonly unit: number;
  readonly functionCode: number;
  readonly byteCount: number;
}

export const RTU_REQUEST_BYTES = 8;
/** Address, function, exception code or byte count, CRC: the shortest reply there is. */
export const RTU_SHORTEST_REPLY_BYTES = 5;
export const MBAP_BYTES = 7;
/** Unit and PDU: what the MBAP length field may count at most. */
export const MBAP_LONGEST = 254;

const EXCEPTION_FLAG = 0x80;

/** Throws RoadsideError `config-invalid` for what cannot be asked in one request. */
export function shapeOf(request: ReadRequest): ReplyShape {
  const limit = isBitTable(request.table) ? BITS_PER_READ : REGISTERS_PER_READ;
  const last = request.address + request.quantity - 1;
  if (request.quantity < 1 || request.quantity > limit || request.address < 1 || last > 65_536) {
    throw new RoadsideError(
      'config-invalid',
      `${request.table} ${request.address}..${last} cannot be read in one request`,
      { hint: `Ask for 1 to ${limit} addresses between 1 and 65536 in one read.` },
    );
  }
  return {
    unit: request.unit,
    functionCode: READ_FUNCTION[request.table],
    byteCount: isBitTable(request.table) ? Math.ceil(request.quantity / 8) : request.quantity * 2,
  };
}

export function encodeRtuRequest(request: ReadRequest): Uint8Array {
  const frame = new Uint8Array(RTU_REQUEST_BYTES);
  writeReadPdu(frame, 0, request);
  const crc = crc16(frame, 0, 6);
  frame[6] = crc & 0xff;
  frame[7] = crc >> 8;
  return frame;
}

/** `transaction`: 0..65535. */
export function encodeTcpRequest(request: ReadRequest, transaction: number): Uint8Array {
  // From Buffer's pool: a stream would make a Buffer of anything else for each request.
  const frame = Buffer.allocUnsafe(MBAP_BYTES + 5);
  frame[0] = transaction >> 8;
  frame[1] = transaction & 0xff;
  frame[2] = 0;
  frame[3] = 0;
  frame[4] = 0;
  frame[5] = 6;
  writeReadPdu(frame, 6, request);
  return frame;
}

function writeReadPdu(frame: Uint8Array, at: number, request: ReadRequest): void {
  const offset = request.address - 1;
  frame[at] = request.unit;
  frame[at + 1] = READ_FUNCTION[request.table];
  frame[at + 2] = offset >> 8;
  frame[at + 3] = offset & 0xff;
  frame[at + 4] = request.quantity >> 8;
  frame[at + 5] = request.quantity & 0xff;
}

/** A whole reply that fits the request. `bytes` is the reply's own copy of the values. */
export type Reply =
  | { readonly kind: 'values'; readonly bytes: Uint8Array }
  | { readonly kind: 'exception'; readonly code: number };

/** Reads a reply body (unit, function, …) of `length` bytes at `at`; null when it is not of this shape. */
export function decodeReplyBody(
  from: Uint8Array,
  place: { readonly at: number; readonly length: number },
  shape: ReplyShape,
): Reply | null {
  const { at, length } = place;
  if (from[at] !== shape.unit) return null;
  const functionCode = from[at + 1];
  if (functionCode === (shape.functionCode | EXCEPTION_FLAG)) {
    return length === 3 ? { kind: 'exception', code: from[at + 2] ?? 0 } : null;
  }
  if (functionCode !== shape.functionCode || from[at + 2] !== shape.byteCount) return null;
  if (length !== 3 + shape.byteCount) return null;
  return { kind: 'values', bytes: from.slice(at + 3, at + length) };
}

/** How long the body at `at` would be, by its function code alone; 0 when it cannot be of this shape. */
export function bodyLengthAt(from: Uint8Array, at: number, shape: ReplyShape): number {
  if (from[at] !== shape.unit) return 0;
  if (from[at + 1] === (shape.functionCode | EXCEPTION_FLAG)) return 3;
  return from[at + 1] === shape.functionCode ? 3 + shape.byteCount : 0;
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});

/** CRC-16/MODBUS of bytes `from`..`to`-1; sent low byte first. */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff;
  for (let index = from; index < to; index += 1) {
    crc = (crc >> 8) ^ (CRC_TABLE[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return crc;
}
