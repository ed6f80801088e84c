/**
 * Frames of the Wavetronix SmartSensor HD protocol (Z1): header and body, each with its own CRC. Layout and
 * CRC: IRIS (github mnit-rtmc/iris), comm/ss125, and two bodies recorded from a sensor in its SS125PropertyTest.
 */
import { bytesBefore, type FrameVerdict } from './frame-scanner.ts';

export const MESSAGE = { generalConfig: 0x00, dataConfig: 0x03, vehicle: 0x67, interval: 0x71 } as const;

/** What is wanted of a message, and what an answer is: the third byte of a body. */
const TYPE = { read: 0, result: 2 } as const;

export interface Ss125Frame {
  readonly sequence: number;
  readonly message: number;
  /** Packet number of an interval; 1 on a vehicle that is one. */
  readonly part: number;
  /** The body's payload; of a result its code. */
  readonly kind: 'read' | 'result';
  readonly payload: Uint8Array;
}

const START = 0x5a;
const VERSION = 0x31;
const HEADER_BYTES = 11;
const BODY_HEAD_BYTES = 3;
const LONGEST_BODY_BYTES = 244;
export const LONGEST_FRAME_BYTES = HEADER_BYTES + LONGEST_BODY_BYTES + 1;
/** Ours, as IRIS uses it. */
const HOST = 0;

export interface Ss125Request {
  readonly sensor: number;
  readonly sequence: number;
  readonly message: number;
  readonly part: number;
  readonly payload: Uint8Array;
}

export function encodeSs125Request({ sensor, sequence, message, part, payload }: Ss125Request): Uint8Array {
  const bodyBytes = BODY_HEAD_BYTES + payload.length;
  const header = [
    START,
    VERSION,
    0,
    sensor >> 8,
    sensor & 0xff,
    0,
    HOST >> 8,
    HOST & 0xff,
    sequence,
    bodyBytes,
  ];
  const body = [message, part, TYPE.read, ...payload];
  return Uint8Array.from([...header, crc8(header), ...body, crc8(body)]);
}

/** Other sensors' frames on the same line are nobody's. */
export function judgeSs125Frame(held: Uint8Array, sensor: number): FrameVerdict {
  if (held[0] !== START) return { kind: 'noise', bytes: bytesBefore(held, START) };
  if (held.length > 1 && held[1] !== VERSION) return { kind: 'noise', bytes: 1 };
  if (held.length < HEADER_BYTES) return { kind: 'incomplete' };
  const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
  const isOurs = view.getUint16(3) === HOST && view.getUint16(6) === sensor;
  const damaged = (why: string): FrameVerdict =>
    isOurs ? { kind: 'damaged', why } : { kind: 'noise', bytes: 1 };
  if (crc8(held.subarray(0, HEADER_BYTES - 1)) !== held[HEADER_BYTES - 1])
    return damaged('a header is damaged');
  const bodyBytes = view.getUint8(9);
  if (bodyBytes < BODY_HEAD_BYTES || bodyBytes > LONGEST_BODY_BYTES)
    return damaged('a body has no possible size');
  const bytes = HEADER_BYTES + bodyBytes + 1;
  if (held.length < bytes) return { kind: 'incomplete' };
  if (crc8(held.subarray(HEADER_BYTES, bytes - 1)) !== held[bytes - 1]) return damaged('a body is damaged');
  return { kind: isOurs && held[2] === 0 && held[5] === 0 ? 'frame' : 'noise', bytes };
}

/** A frame that `judgeSs125Frame` has passed; null when it answers no read. */
export function decodeSs125Frame(frame: Uint8Array): Ss125Frame | null {
  const body = frame.subarray(HEADER_BYTES, -1);
  const type = body[2];
  if (type !== TYPE.read && type !== TYPE.result) return null;
  return {
    sequence: frame[8] ?? 0,
    message: body[0] ?? 0,
    part: body[1] ?? 0,
    kind: type === TYPE.read ? 'read' : 'result',
    payload: body.subarray(BODY_HEAD_BYTES),
  };
}

const CRC_POLYNOMIAL = 0x1c;
const CRC_TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x80) === 0 ? crc << 1 : (crc << 1) ^ CRC_POLYNOMIAL;
  return crc & 0xff;
});

/** Polynomial 1Ch, initial value 0, not reflected. */
export function crc8(bytes: Iterable<number>): number {
  let crc = 0;
  for (const byte of bytes) crc = CRC_TABLE[crc ^ byte] ?? 0;
  return crc;
}
