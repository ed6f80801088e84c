/** Bytes of the Canoga protocol; layout from IRIS (github mnit-rtmc/iris), comm/canoga. */

/** The last finished vehicle of one channel. All zero since power-up: no vehicle yet. */
export interface ChannelRecord {
  readonly durationMs: number;
  /** Front edge, ms since the card was powered up; rolls over after about 50 days. */
  readonly startMs: number;
  /** Vehicles so far, 8 bits. */
  readonly count: number;
  /** Not described in any public source; carried, not interpreted. */
  readonly state: number;
}

export const UPTIME_WRAPS_AT_MS = 2 ** 32;
/** Values of the vehicle counter. */
export const COUNTS = 256;
export const CHANNELS = 4;
const RECORD_BYTES = 9;
/** Four records and their XOR; no header, no address. */
export const DETECTION_BYTES = CHANNELS * RECORD_BYTES + 1;

const QUERY_BYTES = 8;
const DETECTION_QUERY = '*';

/** `<`, length in hexadecimal, address, type, XOR of all these in hexadecimal, `>`. */
export function encodeDetectionQuery(address: number): Uint8Array {
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
  const latin = `<${hex(QUERY_BYTES)}${String.fromCharCode(address)}${DETECTION_QUERY}`;
  const head = Uint8Array.from(latin, (char) => char.charCodeAt(0));
  const tail = Uint8Array.from(`${hex(xorOf(head))}>`, (char) => char.charCodeAt(0));
  return Uint8Array.from([...head, ...tail]);
}

/** Null when the XOR is wrong. `frame` has DETECTION_BYTES bytes. */
export function decodeDetection(frame: Uint8Array): readonly ChannelRecord[] | null {
  if (xorOf(frame) !== 0) return null;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return Array.from({ length: CHANNELS }, (_, channel) => {
    const at = channel * RECORD_BYTES;
    return {
      durationMs: (view.getUint8(at) << 16) | view.getUint16(at + 1),
      startMs: view.getUint32(at + 3),
      count: view.getUint8(at + 7),
      state: view.getUint8(at + 8),
    };
  });
}

function xorOf(bytes: Uint8Array): number {
  return bytes.reduce((xor, byte) => xor ^ byte, 0);
}

/** No vehicle since power-up. */
export function isUntouched({ durationMs, startMs, count }: ChannelRecord): boolean {
  return durationMs === 0 && startMs === 0 && count === 0;
}
