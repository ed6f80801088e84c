import {
  bodyLengthAt,
  crc16,
  decodeReplyBody,
  type Reply,
  type ReplyShape,
  RTU_SHORTEST_REPLY_BYTES,
} from './modbus-frames.ts';

/** Two of the longest replies; more than that while one is awaited is a babbling line. */
export const RTU_BUFFER_BYTES = 520;

/** `ambiguous`: more than one frame's worth of bytes, so that nobody can say which one was the answer. */
export type RtuReading = Reply | { readonly kind: 'ambiguous' };

export interface RtuReplyReader {
  /** Bytes of the awaited reply so far, noise included. */
  readonly size: number;
  /** Forgets all bytes and waits for a reply of this shape. */
  expect(shape: ReplyShape): void;
  /** The reply, once it is whole and its CRC is right; null while it is not. Noise before it is skipped. */
  feed(bytes: Uint8Array): RtuReading | null;
}

export function createRtuReplyReader(): RtuReplyReader {
  const buffer = new Uint8Array(RTU_BUFFER_BYTES);
  let size = 0;
  let shape: ReplyShape | null = null;
  return {
    get size() {
      return size;
    },
    expect(next) {
      shape = next;
      size = 0;
    },
    feed(bytes) {
      if (size + bytes.length > RTU_BUFFER_BYTES) {
        size = RTU_BUFFER_BYTES;
        return { kind: 'ambiguous' };
      }
      buffer.set(bytes, size);
      size += bytes.length;
      return shape === null ? null : findReply(buffer, size, shape);
    },
  };
}

function findReply(buffer: Uint8Array, size: number, shape: ReplyShape): RtuReading | null {
  for (let at = 0; at + RTU_SHORTEST_REPLY_BYTES <= size; at += 1) {
    const length = bodyLengthAt(buffer, at, shape);
    const end = at + length + 2;
    if (length === 0 || end > size) continue;
    const crc = crc16(buffer, at, at + length);
    if (buffer[end - 2] !== (crc & 0xff) || buffer[end - 1] !== crc >> 8) continue;
    const reply = decodeReplyBody(buffer, { at, length }, shape);
    if (reply === null) continue;
    return size - end >= RTU_SHORTEST_REPLY_BYTES ? { kind: 'ambiguous' } : reply;
  }
  return null;
}
