/** A CRC of 16 bits without a final XOR (R. Williams, "A Painless Guide to CRC", 1993, §15). */
export interface Crc16Parameters {
  /** In normal form, highest power first and without x^16: 0x8005 for x^16 + x^15 + x^2 + 1. */
  readonly polynomial: number;
  /** In normal form too, whatever `reflected` says. */
  readonly initial: number;
  /** Takes the lowest bit of each byte first, and gives its result in that order. */
  readonly reflected: boolean;
}

/** The CRC over some bytes, 0 to 0xffff. */
export function createCrc16({
  polynomial,
  initial,
  reflected,
}: Crc16Parameters): (bytes: Uint8Array) => number {
  const table = Uint16Array.from({ length: 256 }, (_, byte) =>
    reflected ? remainderReflected(byte, reverseBits(polynomial)) : remainder(byte << 8, polynomial),
  );
  const start = reflected ? reverseBits(initial) : initial;
  return (bytes) => {
    let crc = start;
    for (const byte of bytes) {
      crc = reflected
        ? (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
        : ((crc << 8) & 0xffff) ^ (table[(crc >>> 8) ^ byte] ?? 0);
    }
    return crc;
  };
}

function remainder(start: number, polynomial: number): number {
  let crc = start;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ polynomial;
  return crc & 0xffff;
}

function remainderReflected(start: number, polynomial: number): number {
  let crc = start;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
  return crc;
}

function reverseBits(word: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 16; bit += 1) reversed |= ((word >>> bit) & 1) << (15 - bit);
  return reversed;
}
