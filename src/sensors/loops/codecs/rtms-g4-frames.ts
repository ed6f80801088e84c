/** Bytes of the RTMS G4 protocol; layout from IRIS (github mnit-rtmc/iris), comm/g4. */
import { bytesBefore, type FrameVerdict } from './frame-scanner.ts';

/** The second byte after FF AA: what a frame is. */
export const QUALIFIER = {
  count: 0x10,
  occupancy: 0x11,
  speed: 0x12,
  gap: 0x13,
  /** C1 to C5 are 14h to 18h. */
  firstClass: 0x14,
  lastClass: 0x18,
  refused: 0x1a,
  headway: 0x1e,
  speed85: 0x1f,
  statisticsPoll: 0x53,
  vehicle: 0x5e,
  header: 0x80,
  footer: 0x81,
} as const;

const START = 0xff;
const START_2 = 0xaa;
/** Start, qualifier, length. */
const PREFIX_BYTES = 4;
const ID_BYTES = 2;
const SUM_BYTES = 2;
/** Longest of the frames that are used here: the header's 22 bytes and 12 zones' 24, with room for others. */
const LONGEST_DATA_BYTES = 64;
export const LONGEST_FRAME_BYTES = PREFIX_BYTES + ID_BYTES + LONGEST_DATA_BYTES + SUM_BYTES;

export interface G4Frame {
  readonly qualifier: number;
  readonly data: Uint8Array;
}

/** FF AA, qualifier, length of id and data, id, data, 16-bit sum of id and data. */
export function encodeG4Frame(qualifier: number, sensor: number, data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(PREFIX_BYTES + ID_BYTES + data.length + SUM_BYTES);
  const view = new DataView(frame.buffer);
  frame.set([START, START_2, qualifier, ID_BYTES + data.length]);
  view.setUint16(PREFIX_BYTES, sensor);
  frame.set(data, PREFIX_BYTES + ID_BYTES);
  view.setUint16(frame.length - SUM_BYTES, sumOf(frame.subarray(PREFIX_BYTES, -SUM_BYTES)));
  return frame;
}

/** Other sensors' frames on the same line are nobody's. */
export function judgeG4Frame(held: Uint8Array, sensor: number): FrameVerdict {
  if (held[0] !== START) return { kind: 'noise', bytes: bytesBefore(held, START) };
  if (held.length < PREFIX_BYTES + ID_BYTES) {
    return held.length > 1 && held[1] !== START_2 ? { kind: 'noise', bytes: 1 } : { kind: 'incomplete' };
  }
  const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
  const isOurs = view.getUint16(PREFIX_BYTES) === sensor;
  const dataBytes = view.getUint8(3) - ID_BYTES;
  if (held[1] !== START_2 || dataBytes < 0 || dataBytes > LONGEST_DATA_BYTES)
    return { kind: 'noise', bytes: 1 };
  const sumAt = PREFIX_BYTES + ID_BYTES + dataBytes;
  if (held.length < sumAt + SUM_BYTES) return { kind: 'incomplete' };
  if (view.getUint16(sumAt) === sumOf(held.subarray(PREFIX_BYTES, sumAt))) {
    return { kind: isOurs ? 'frame' : 'noise', bytes: sumAt + SUM_BYTES };
  }
  return isOurs ? { kind: 'damaged', why: 'the sum of a frame is wrong' } : { kind: 'noise', bytes: 1 };
}

/** A frame that `judgeG4Frame` has passed. */
export function decodeG4Frame(frame: Uint8Array): G4Frame {
  return { qualifier: frame[2] ?? 0, data: frame.subarray(PREFIX_BYTES + ID_BYTES, -SUM_BYTES) };
}

function sumOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum + byte, 0) & 0xffff;
}
