/**
 * Lines of the Wavetronix SmartSensor 105 protocol (Z0, with multidrop header), which the SmartSensor HD emulates
 * as well. Layout: IRIS (github mnit-rtmc/iris), comm/ss105; units and further refusals: a second independent
 * implementation in C# (namespace Wavetronix.SS105).
 */
import { round } from '../../../base/units.ts';
import { bytesBefore, type FrameVerdict } from './frame-scanner.ts';

/** First two characters of a request are repeated in its answer. */
export const REQUEST = {
  interval: 'XD',
  units: 'S6',
  /** Eight characters of memory at 8Eh: the interval, s. */
  period: 'SJS00008E0008',
} as const;

export interface Ss105Line {
  readonly command: string;
  /** Without its checksum. */
  readonly text: string;
  readonly isRefusal: boolean;
}

export interface Ss105LaneSample {
  /** From 1. */
  readonly lane: number;
  readonly count: number;
  /** In the sensor's units. */
  readonly speed: number;
  readonly occupancyPct: number;
  /** Vehicles by the sensor's own length classes. */
  readonly classCounts: Readonly<Record<string, number>>;
}

export interface Ss105Interval {
  /** End, UTC, ms since 1970. */
  readonly endWallMs: number;
  readonly lanes: readonly Ss105LaneSample[];
}

const START = 0x5a;
const END = 0x7e;
const HEADER_LENGTH = 6;
const COMMAND_LENGTH = 2;
const SUM_LENGTH = 4;
const STAMP_LENGTH = 8;
const LANE_LENGTH = 29;
const MOST_LANES = 8;
const TEXT_FROM = HEADER_LENGTH + COMMAND_LENGTH;
export const LONGEST_LINE_BYTES = TEXT_FROM + STAMP_LENGTH + MOST_LANES * LANE_LENGTH + SUM_LENGTH + 1;

const REFUSALS: ReadonlySet<string> = new Set(['Failure', 'Invalid', 'Empty', 'Error', 'No Lanes']);
const WITH_SUM: ReadonlySet<string> = new Set(['XD', 'SJ']);

/** A whole of a share in 1/1024. */
const WHOLE = 1024;
const LARGEST_SPEED = 255;
const CLASS_NAMES = ['small', 'medium', 'large'];
const EPOCH_MS = Date.UTC(2000, 0, 1);

export function encodeSs105Request(sensor: number, request: string): Uint8Array {
  return Uint8Array.from(`${headerOf(sensor)}${request}\r`, (char) => char.charCodeAt(0));
}

/** Other sensors' lines are nobody's. */
export function judgeSs105Line(held: Uint8Array, sensor: number): FrameVerdict {
  if (held[0] !== START) return { kind: 'noise', bytes: bytesBefore(held, START) };
  const end = held.indexOf(END);
  const line = held.subarray(1, end === -1 ? held.length : end);
  // Neither a control character nor a second beginning can be within a line.
  const foreign = line.findIndex((byte) => byte < 0x20 || byte > END || byte === START);
  if (foreign !== -1) return { kind: 'noise', bytes: foreign + 1 };
  if (end === -1) return { kind: 'incomplete' };
  const bytes = end + 1;
  const text = String.fromCharCode(...held.subarray(0, end));
  if (!text.startsWith(headerOf(sensor))) return { kind: 'noise', bytes };
  return isTrue(text) ? { kind: 'frame', bytes } : { kind: 'damaged', why: 'a line is damaged' };
}

/** A line that `judgeSs105Line` has passed. */
export function decodeSs105Line(frame: Uint8Array): Ss105Line {
  const line = String.fromCharCode(...frame.subarray(0, -1));
  const command = line.slice(HEADER_LENGTH, TEXT_FROM);
  const text = line.slice(TEXT_FROM);
  const isRefusal = REFUSALS.has(text);
  return {
    command,
    text: !isRefusal && WITH_SUM.has(command) ? text.slice(0, -SUM_LENGTH) : text,
    isRefusal,
  };
}

/** Null when the figures are impossible. */
export function decodeSs105Interval(text: string): Ss105Interval | null {
  const lanes = (text.length - STAMP_LENGTH) / LANE_LENGTH;
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > MOST_LANES || !isHex(text)) return null;
  const samples = Array.from({ length: lanes }, (_, lane) =>
    decodeLane(text.slice(STAMP_LENGTH + lane * LANE_LENGTH)),
  );
  const known = samples.filter((sample) => sample !== null);
  const isInOrder = known.every(
    (sample, index) => index === 0 || sample.lane > (known[index - 1]?.lane ?? 0),
  );
  if (known.length < lanes || !isInOrder) return null;
  return { endWallMs: EPOCH_MS + Number.parseInt(text.slice(0, STAMP_LENGTH), 16) * 1000, lanes: known };
}

/** Null when the sensor cannot have it. */
export function decodeSs105PeriodS(text: string): number | null {
  const periodS = text.length === 8 && isHex(text) ? Number.parseInt(text, 16) : 0;
  return periodS >= 5 && periodS <= 86_400 ? periodS : null;
}

function decodeLane(text: string): Ss105LaneSample | null {
  const at = (from: number, until: number): number => Number.parseInt(text.slice(from, until), 16);
  const [lane, count, speed, occupancy] = [at(0, 1), at(1, 9), at(9, 13), at(13, 17)];
  const shares = [at(17, 21), at(21, 25), at(25, 29)];
  const shared = shares.reduce((sum, share) => sum + share, 0);
  const isPossible =
    lane >= 1 &&
    lane <= MOST_LANES &&
    speed <= LARGEST_SPEED &&
    occupancy <= WHOLE &&
    shared <= WHOLE + shares.length;
  if (!isPossible || count > 0xffff) return null;
  return {
    lane,
    count,
    speed,
    occupancyPct: round((occupancy / WHOLE) * 100, 2),
    classCounts: classesOf(count, shares),
  };
}

/** Rounded as they add up, so that the classes are never more than the vehicles. */
function classesOf(count: number, shares: readonly number[]): Readonly<Record<string, number>> {
  let share = 0;
  let given = 0;
  return Object.fromEntries(
    CLASS_NAMES.map((name, index) => {
      share += shares[index] ?? 0;
      const until = Math.min(count, Math.round((share / WHOLE) * count));
      const inClass = until - given;
      given = until;
      return [name, inClass];
    }),
  );
}

function isTrue(line: string): boolean {
  const command = line.slice(HEADER_LENGTH, TEXT_FROM);
  const text = line.slice(TEXT_FROM);
  if (REFUSALS.has(text)) return true;
  if (command === REQUEST.units) return /^[A-Z]$/.test(text);
  if (!WITH_SUM.has(command) || text.length <= SUM_LENGTH) return false;
  const body = text.slice(0, -SUM_LENGTH);
  return text.slice(-SUM_LENGTH) === sumOf(body);
}

/** Sum of the characters between command and checksum, four hexadecimal digits. */
function sumOf(text: string): string {
  const sum = Array.from(text).reduce((total, char) => total + char.charCodeAt(0), 0);
  return (sum & 0xffff).toString(16).toUpperCase().padStart(SUM_LENGTH, '0');
}

function headerOf(sensor: number): string {
  return `Z0${String(sensor).padStart(4, '0')}`;
}

function isHex(text: string): boolean {
  return /^[0-9A-F]+$/.test(text);
}
