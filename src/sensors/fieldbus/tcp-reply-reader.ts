import { decodeReplyBody, MBAP_LONGEST, type Reply, type ReplyShape } from './modbus-frames.ts';

const HEADER_BYTES = 6;
/** Unit, function, exception code. */
const SHORTEST_BODY = 3;
/** The longest frame and the header of the one behind it, many times over: late replies may arrive at once. */
export const TCP_BUFFER_BYTES = 4096;

/**
 * `misfit`: our transaction id with a body that does not answer our request. `broken`: the stream no longer
 * starts a frame where one must start; nothing on this connection can be trusted any more.
 */
export type TcpReading =
  | Reply
  | { readonly kind: 'misfit' }
  | { readonly kind: 'broken'; readonly why: string };

export interface TcpReplyReader {
  /** Frames that answered no outstanding request, since it was made. */
  readonly foreignFrames: number;
  /** True while the beginning of a frame waits for its rest. */
  readonly hasPartialFrame: boolean;
  expect(transaction: number, shape: ReplyShape): void;
  /** A reply to this transaction is late from now on. */
  forget(): void;
  /** For a new connection. */
  clear(): void;
  feed(bytes: Uint8Array): TcpReading | null;
}

export function createTcpReplyReader(): TcpReplyReader {
  const buffer = new Uint8Array(TCP_BUFFER_BYTES);
  let size = 0;
  let foreignFrames = 0;
  let expected: { readonly transaction: number; readonly shape: ReplyShape } | null = null;

  const takeFrames = (): TcpReading | null => {
    let reading: TcpReading | null = null;
    let at = 0;
    while (at < size) {
      const wrong = headerError(buffer, at, size);
      if (wrong !== null) return { kind: 'broken', why: wrong };
      const length = word(buffer, at + 4);
      const end = at + HEADER_BYTES + length;
      // A reply is believed only when nothing, or another whole header, follows: a cut-off frame would
      // otherwise be filled up with the beginning of the next one, and Modbus TCP has no checksum.
      if (size - at < HEADER_BYTES && reading !== null)
        return { kind: 'broken', why: 'bytes behind a reply' };
      if (size - at < HEADER_BYTES || end > size) break;
      if (expected !== null && word(buffer, at) === expected.transaction) {
        reading = decodeReplyBody(buffer, { at: at + HEADER_BYTES, length }, expected.shape) ?? {
          kind: 'misfit',
        };
        expected = null;
      } else {
        foreignFrames += 1;
      }
      at = end;
    }
    buffer.copyWithin(0, at, size);
    size -= at;
    return reading;
  };

  return {
    get foreignFrames() {
      return foreignFrames;
    },
    get hasPartialFrame() {
      return size > 0;
    },
    expect(transaction, shape) {
      expected = { transaction, shape };
    },
    forget() {
      expected = null;
    },
    clear() {
      expected = null;
      size = 0;
    },
    feed(bytes) {
      if (size + bytes.length > TCP_BUFFER_BYTES) return { kind: 'broken', why: 'more bytes than replies' };
      buffer.set(bytes, size);
      size += bytes.length;
      return takeFrames();
    },
  };
}

/** Judges as much of the header at `at` as has arrived, so that garbage is never waited for. */
function headerError(buffer: Uint8Array, at: number, size: number): string | null {
  if (size - at >= 4 && word(buffer, at + 2) !== 0) return 'wrong protocol id';
  if (size - at < HEADER_BYTES) return null;
  const length = word(buffer, at + 4);
  return length < SHORTEST_BODY || length > MBAP_LONGEST ? `impossible length ${length}` : null;
}

function word(buffer: Uint8Array, at: number): number {
  return ((buffer[at] ?? 0) << 8) | (buffer[at + 1] ?? 0);
}
