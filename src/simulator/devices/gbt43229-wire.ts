/** Frames of GB/T 43229-2023 as a detector sends and reads them: C0, escaped(table, CRC-16), C0. */

export interface GbtFrame {
  readonly sender: string;
  readonly receiver: string;
  readonly operation: number;
  readonly object: number;
  readonly content: readonly number[];
}

/** A CRC-16 bit by bit; `polynomial` and `initial` in normal form. */
export interface GbtCrc {
  readonly polynomial: number;
  readonly initial: number;
  readonly reflected: boolean;
}

const LONGEST_FRAME = 2048;

export function encodeGbtFrame(frame: GbtFrame, crc: GbtCrc): Uint8Array {
  const { sender, receiver, operation, object, content } = frame;
  const ids = [...Buffer.from(sender + receiver, 'hex')];
  const table = [0, 0, ...ids, 0x10, operation, object & 0xff, object >> 8, ...content];
  const sum = crcOf(table, crc);
  const escaped = [...table, sum & 0xff, sum >> 8].flatMap((byte) =>
    byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte],
  );
  return Uint8Array.from([0xc0, ...escaped, 0xc0]);
}

export function createGbtFrameReader(crc: GbtCrc): { read(bytes: Uint8Array): readonly GbtFrame[] } {
  let held: number[] = [];
  return {
    read(bytes) {
      const frames: GbtFrame[] = [];
      for (const byte of bytes) {
        if (byte !== 0xc0 && held.length < LONGEST_FRAME) held.push(byte);
        if (byte !== 0xc0 || held.length === 0) continue;
        const frame = decodeGbtFrame(held, crc);
        if (frame !== null) frames.push(frame);
        held = [];
      }
      return frames;
    },
  };
}

function decodeGbtFrame(escaped: readonly number[], crc: GbtCrc): GbtFrame | null {
  const hex = Buffer.from(escaped).toString('hex').match(/../g) ?? [];
  const plain = Buffer.from(
    hex.join(' ').replaceAll('db dc', 'c0').replaceAll('db dd', 'db').replaceAll(' ', ''),
    'hex',
  );
  if (plain.length < 22 || crcOf([...plain.subarray(0, -2)], crc) !== plain.readUInt16LE(plain.length - 2))
    return null;
  return {
    sender: plain.toString('hex', 2, 9),
    receiver: plain.toString('hex', 9, 16),
    operation: plain.readUInt8(17),
    object: plain.readUInt16LE(18),
    content: [...plain.subarray(20, -2)],
  };
}

function crcOf(bytes: readonly number[], { polynomial, initial, reflected }: GbtCrc): number {
  let register = initial;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit += 1) {
      const input = (byte >> (reflected ? bit : 7 - bit)) & 1;
      const carry = (register >> 15) ^ input;
      register = ((register << 1) & 0xffff) ^ (carry === 1 ? polynomial : 0);
    }
  }
  if (!reflected) return register;
  return Number.parseInt(register.toString(2).padStart(16, '0').split('').toReversed().join(''), 2);
}
