/** Lines of plain ASCII: made from parts of fixed width, taken apart by them, and found on a line. */
import { assertNever } from '../../../base/assert-never.ts';
import type { AsciiFieldsPlan, ReplyPart } from './ascii-fields-plan.ts';

type ValuePart = Extract<ReplyPart, { readonly part: 'bits' | 'vehicle-count' | 'occupied-time' }>;

export interface FieldValue {
  readonly part: ValuePart;
  readonly value: number;
}

const CHECKSUM_CHARACTERS = 2;
const UNIT_CHARACTERS = 2;
const DIGITS = { hex: /^[0-9A-Fa-f]+$/, dec: /^[0-9]+$/ } as const;

/** What stands on the line for a request, its checksum and its end included. */
export function encodeLine(
  parts: AsciiFieldsPlan['exchanges'][number]['request'],
  unit: number,
  { checksum, end }: Pick<AsciiFieldsPlan, 'checksum' | 'end'>,
): Uint8Array {
  const text = parts.map((part) => (part.part === 'text' ? part.text : formatUnit(part.base, unit))).join('');
  const sum = checksum === 'none' ? '' : hex2(sumOf(text));
  return Uint8Array.from(text + sum + end, (character) => character.charCodeAt(0));
}

/** The line without its checksum; null when the checksum is missing or wrong. */
export function removeChecksum(line: string, checksum: AsciiFieldsPlan['checksum']): string | null {
  if (checksum === 'none') return line;
  const text = line.slice(0, -CHECKSUM_CHARACTERS);
  return line.slice(-CHECKSUM_CHARACTERS).toUpperCase() === hex2(sumOf(text)) ? text : null;
}

/** The values in a line; null when it is not made of these parts from its first character to its last. */
export function parseLine(
  parts: readonly ReplyPart[],
  unit: number,
  line: string,
): readonly FieldValue[] | null {
  const values: FieldValue[] = [];
  let at = 0;
  for (const part of parts) {
    const field = line.slice(at, at + widthOf(part));
    at += widthOf(part);
    if (field.length < widthOf(part) || !canBe(part, unit, field)) return null;
    const value = readField(part, field);
    if (value !== null) values.push(value);
  }
  return at === line.length ? values : null;
}

export function widthOf(part: ReplyPart): number {
  switch (part.part) {
    case 'text':
      return part.text.length;
    case 'unit':
      return UNIT_CHARACTERS;
    case 'skip':
      return part.characters;
    case 'bits':
    case 'vehicle-count':
    case 'occupied-time':
      return part.digits;
    default:
      return assertNever(part);
  }
}

function canBe(part: ReplyPart, unit: number, field: string): boolean {
  switch (part.part) {
    case 'text':
      return field === part.text;
    case 'unit':
      return field.toUpperCase() === formatUnit(part.base, unit);
    case 'skip':
      return true;
    case 'bits':
      return DIGITS.hex.test(field);
    case 'vehicle-count':
    case 'occupied-time':
      return DIGITS[part.base].test(field) && numberOf(part.base, field) < 2 ** part.bits;
    default:
      return assertNever(part);
  }
}

function readField(part: ReplyPart, field: string): FieldValue | null {
  if (part.part === 'text' || part.part === 'unit' || part.part === 'skip') return null;
  return { part, value: numberOf(part.part === 'bits' ? 'hex' : part.base, field) };
}

function numberOf(base: 'hex' | 'dec', digits: string): number {
  return Number.parseInt(digits, base === 'hex' ? 16 : 10);
}

function formatUnit(base: 'hex' | 'dec', unit: number): string {
  return base === 'hex' ? hex2(unit) : unit.toString().padStart(UNIT_CHARACTERS, '0');
}

function hex2(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0');
}

function sumOf(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + character.charCodeAt(0), 0) & 0xff;
}

/** A line found on the wire, without its end and without what no device writes around it. */
export interface FoundLine {
  readonly text: string;
  /** All bytes of it, the end included. */
  readonly bytes: number;
}

export interface LineReader {
  /** Bytes of lines that are too long, and of those that were forgotten. */
  readonly discardedBytes: number;
  read(bytes: Uint8Array): readonly FoundLine[];
  forget(): void;
}

const LONGEST_LINE_BYTES = 512;
/** Turning an RS-485 line around may add a byte that no ASCII device sends. */
const UNPRINTABLE = /[^\x20-\x7e]/g;
const ENDS_UNPRINTABLE = new RegExp(`^(?:${UNPRINTABLE.source})+|(?:${UNPRINTABLE.source})+$`, 'g');

export function createLineReader(end: AsciiFieldsPlan['end']): LineReader {
  const held = new Uint8Array(LONGEST_LINE_BYTES);
  const terminator = end.charCodeAt(end.length - 1);
  let heldBytes = 0;
  let isTooLong = false;
  let discardedBytes = 0;

  const forget = (): void => {
    discardedBytes += heldBytes;
    heldBytes = 0;
    isTooLong = false;
  };
  return {
    get discardedBytes() {
      return discardedBytes;
    },
    read(bytes) {
      const lines: FoundLine[] = [];
      for (const byte of bytes) {
        if (byte === terminator && !isTooLong) {
          const text = String.fromCharCode(...held.subarray(0, heldBytes)).replace(ENDS_UNPRINTABLE, '');
          lines.push({ text, bytes: heldBytes + 1 });
          heldBytes = 0;
        } else if (byte === terminator || isTooLong || heldBytes === held.length) {
          forget();
          discardedBytes += 1;
          isTooLong = byte !== terminator;
        } else {
          held[heldBytes] = byte;
          heldBytes += 1;
        }
      }
      return lines;
    },
    forget,
  };
}
