/**
 * Frames of GB/T 43229-2023, clause 6: `C0`, escaped(data table, CRC-16), `C0`, where C0 → DB DC and
 * DB → DB DD; all little-endian. Read in a public transcription (github acocosum/traffic_protocol).
 */

export const OPERATION = {
  query: 0x80,
  set: 0x81,
  upload: 0x82,
  queryReply: 0x83,
  setReply: 0x84,
  uploadReply: 0x85,
  error: 0x86,
} as const;

export const OBJECT = {
  link: 0x0101,
  time: 0x0201,
  status: 0x0205,
  realtime: 0x0301,
  statistics: 0x0302,
  passageState: 0x0401,
  roadEvent: 0x0601,
  nonMotorRealtime: 0x0701,
} as const;

export const ERROR_CODE = { object: 7, content: 128 } as const;

/** What an error reply (operation 86) can say: Table B.78. */
const ERROR_WORDS: ReadonlyMap<number, string> = new Map([
  [1, 'frame start'],
  [2, 'frame end'],
  [3, 'CRC'],
  [4, 'link address'],
  [5, 'protocol version'],
  [6, 'operation'],
  [7, 'object'],
  [128, 'content'],
]);

export function errorWords(code: number | undefined): string {
  const words = code === undefined ? undefined : ERROR_WORDS.get(code);
  return words === undefined ? `refused with code ${code ?? 'missing'}` : `refused: wrong ${words}`;
}

export interface DataTable {
  /** Device identities are 7 bytes, here in hexadecimal in the order of the wire. */
  readonly sender: string;
  readonly receiver: string;
  readonly operation: number;
  readonly object: number;
  readonly content: Uint8Array;
}

/** What stood between two delimiters. */
export type FoundFrame =
  | { readonly kind: 'frame'; readonly table: DataTable; readonly bytes: number }
  /** `sender` is what stands in the sender's place; null when the bytes do not reach that far. */
  | {
      readonly kind: 'unusable';
      readonly sender: string | null;
      readonly why: string;
      readonly bytes: number;
    };

export type Crc16 = (bytes: Uint8Array) => number;

const DELIMITER = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_DELIMITER = 0xdc;
const ESCAPED_ESCAPE = 0xdd;
export const LONGEST_FRAME_BYTES = 2048;

const VERSION = 0x10;
const CRC_BYTES = 2;
/** Table 1: link address 2, sender 7, receiver 7, version 1, operation 1, object 2. */
const SENDER = 2;
const RECEIVER = 9;
const VERSION_AT = 16;
const OPERATION_AT = 17;
const OBJECT_AT = 18;
const CONTENT = 20;

export function encodeFrame(
  { sender, receiver, operation, object, content }: DataTable,
  crc16: Crc16,
): Uint8Array {
  const table = new Uint8Array(CONTENT + content.length + CRC_BYTES);
  table.set(bytesOf(sender), SENDER);
  table.set(bytesOf(receiver), RECEIVER);
  table[VERSION_AT] = VERSION;
  table[OPERATION_AT] = operation;
  const view = new DataView(table.buffer);
  view.setUint16(OBJECT_AT, object, true);
  table.set(content, CONTENT);
  view.setUint16(table.length - CRC_BYTES, crc16(table.subarray(0, -CRC_BYTES)), true);
  return Uint8Array.from([DELIMITER, ...Array.from(table).flatMap(escapeByte), DELIMITER]);
}

function escapeByte(byte: number): readonly number[] {
  if (byte === DELIMITER) return [ESCAPE, ESCAPED_DELIMITER];
  return byte === ESCAPE ? [ESCAPE, ESCAPED_ESCAPE] : [byte];
}

export interface FrameReader {
  /** Bytes that no frame could have begun in: before the first delimiter, and of frames that are too long. */
  readonly discardedBytes: number;
  /** Bytes from the line in any portions → what they complete. */
  read(bytes: Uint8Array): readonly FoundFrame[];
  /** Drops what has been collected. */
  forget(): void;
}

/** One delimiter ends a frame and may begin the next, so a lost one costs one frame and no more. */
export function createFrameReader(crc16: Crc16): FrameReader {
  const held = new Uint8Array(LONGEST_FRAME_BYTES);
  let heldBytes = 0;
  let isInFrame = false;
  let discardedBytes = 0;

  const forget = (): void => {
    discardedBytes += heldBytes;
    heldBytes = 0;
    isInFrame = false;
  };
  return {
    get discardedBytes() {
      return discardedBytes;
    },
    read(bytes) {
      const found: FoundFrame[] = [];
      for (const byte of bytes) {
        if (byte === DELIMITER) {
          if (heldBytes > 0) found.push(decodeFrame(held.subarray(0, heldBytes), crc16));
          heldBytes = 0;
          isInFrame = true;
        } else if (isInFrame && heldBytes < held.length) {
          held[heldBytes] = byte;
          heldBytes += 1;
        } else {
          forget();
          discardedBytes += 1;
        }
      }
      return found;
    },
    forget,
  };
}

/** `escaped` is what stood between the delimiters. The content is a copy. */
function decodeFrame(escaped: Uint8Array, crc16: Crc16): FoundFrame {
  const bytes = escaped.length;
  const table = removeEscapes(escaped);
  const sender = table !== null && table.length >= RECEIVER ? hexOf(table.subarray(SENDER, RECEIVER)) : null;
  const unusable = (why: string): FoundFrame => ({ kind: 'unusable', sender, why, bytes });
  if (table === null) return unusable('an escape that is none');
  if (table.length < CONTENT + CRC_BYTES) return unusable(`${table.length} bytes are no frame`);
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const end = table.length - CRC_BYTES;
  if (view.getUint16(end, true) !== crc16(table.subarray(0, end))) return unusable('the CRC does not fit');
  if (view.getUint16(0, true) !== 0) return unusable('a link address other than 0');
  if (table[VERSION_AT] !== VERSION) return unusable(`protocol version ${table[VERSION_AT]}, not ${VERSION}`);
  const header = {
    sender: hexOf(table.subarray(SENDER, RECEIVER)),
    receiver: hexOf(table.subarray(RECEIVER, VERSION_AT)),
    operation: view.getUint8(OPERATION_AT),
    object: view.getUint16(OBJECT_AT, true),
  };
  return { kind: 'frame', table: { ...header, content: table.slice(CONTENT, end) }, bytes };
}

/** Null when an escape byte is followed by what cannot follow it. */
function removeEscapes(escaped: Uint8Array): Uint8Array | null {
  const plain = new Uint8Array(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at += 1) {
    let byte = escaped[at];
    if (byte === ESCAPE) {
      at += 1;
      if (escaped[at] === ESCAPED_DELIMITER) byte = DELIMITER;
      else if (escaped[at] !== ESCAPED_ESCAPE) return null;
    }
    plain[length] = byte ?? 0;
    length += 1;
  }
  return plain.subarray(0, length);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf(hex: string): readonly number[] {
  return Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}
