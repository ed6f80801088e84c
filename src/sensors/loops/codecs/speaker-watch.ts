/**
 * Who speaks on a line unasked: frames of any device of a codec, known by their checksums. Codecs whose devices
 * never do, or whose frames do not say whose they are (Canoga, plain ASCII), have none.
 */
import type { CodecPlan } from './codec-plan.ts';
import { createCrc16 } from './crc16.ts';
import { createFrameScanner, type FrameVerdict } from './frame-scanner.ts';
import { createFrameReader } from './gbt43229-frames.ts';
import {
  decodeG4Frame,
  judgeG4Frame,
  LONGEST_FRAME_BYTES as LONGEST_G4_BYTES,
  QUALIFIER,
} from './rtms-g4-frames.ts';
import { decodeSs105Line, judgeSs105Line, LONGEST_LINE_BYTES, REQUEST } from './ss105-frames.ts';
import {
  decodeSs125Frame,
  judgeSs125Frame,
  LONGEST_FRAME_BYTES as LONGEST_SS125_BYTES,
  MESSAGE,
} from './ss125-frames.ts';

/** A frame that one device has sent. */
export interface Overheard {
  /** The number in the frame; 0 where an identity names the device. */
  readonly address: number;
  readonly identity: string | null;
  readonly bytes: number;
}

/** Bytes from the line in any portions → the whole and undamaged frames that devices have sent. */
export type SpeakerWatch = (bytes: Uint8Array) => readonly Overheard[];

/** Null for a codec whose devices cannot be recognised by listening. */
export function createSpeakerWatch(codec: CodecPlan): SpeakerWatch | null {
  switch (codec.name) {
    case 'rtms-g4':
      return watchG4(codec.reads ?? 'intervals');
    case 'ss105':
      return watchSs105();
    case 'ss125':
      return watchSs125(codec.reads ?? 'intervals');
    case 'gbt43229':
      return watchGbt43229(codec);
    case 'canoga':
    case 'ascii-fields':
      return null;
  }
}

type Reads = 'intervals' | 'vehicles';

/** Frames with a number in them, judged as if each were for us. */
function watchFrames(options: {
  readonly longestBytes: number;
  readonly addressOf: (held: Uint8Array) => number;
  readonly judge: (held: Uint8Array, address: number) => FrameVerdict;
  /** Whether a device, and no master, sends this. */
  readonly isDevices: (frame: Uint8Array) => boolean;
}): SpeakerWatch {
  const { addressOf } = options;
  const scanner = createFrameScanner({
    longestBytes: options.longestBytes,
    judge: (held) => options.judge(held, addressOf(held)),
  });
  return (bytes) =>
    scanner.scan(bytes).flatMap((found): readonly Overheard[] => {
      if (found.kind !== 'frame' || !options.isDevices(found.frame)) return [];
      return [{ address: addressOf(found.frame), identity: null, bytes: found.frame.length }];
    });
}

const G4_STATISTICS: ReadonlySet<number> = new Set([
  QUALIFIER.header,
  QUALIFIER.count,
  QUALIFIER.occupancy,
  QUALIFIER.speed,
  QUALIFIER.footer,
]);

function watchG4(reads: Reads): SpeakerWatch {
  return watchFrames({
    longestBytes: LONGEST_G4_BYTES,
    addressOf: (held) => u16At(held, 4),
    judge: judgeG4Frame,
    isDevices(frame) {
      const { qualifier } = decodeG4Frame(frame);
      return reads === 'vehicles' ? qualifier === QUALIFIER.vehicle : G4_STATISTICS.has(qualifier);
    },
  });
}

const SS105_DIGITS = { from: 2, to: 6 } as const;
/** Answers that end with a sum; the others prove nothing. */
const SS105_WITH_SUM: readonly string[] = [REQUEST.interval, REQUEST.period.slice(0, 2)];

function watchSs105(): SpeakerWatch {
  return watchFrames({
    longestBytes: LONGEST_LINE_BYTES,
    addressOf(held) {
      const digits = String.fromCharCode(...held.subarray(SS105_DIGITS.from, SS105_DIGITS.to));
      return /^[0-9]{4}$/.test(digits) ? Number(digits) : 0;
    },
    judge: judgeSs105Line,
    isDevices(frame) {
      const { command, isRefusal } = decodeSs105Line(frame);
      return !isRefusal && SS105_WITH_SUM.includes(command);
    },
  });
}

function watchSs125(reads: Reads): SpeakerWatch {
  const wanted = reads === 'vehicles' ? MESSAGE.vehicle : MESSAGE.interval;
  return watchFrames({
    longestBytes: LONGEST_SS125_BYTES,
    addressOf: (held) => u16At(held, 6),
    judge: judgeSs125Frame,
    isDevices: (frame) => u16At(frame, 6) !== 0 && decodeSs125Frame(frame)?.message === wanted,
  });
}

/** The low byte of the device type (Table 2) in hexadecimal; its bit 0 is a signal controller. */
const GBT_TYPE = { from: 6, to: 8 } as const;
const GBT_CONTROLLER = 1;
const GBT_DELIMITERS = 2;

function watchGbt43229(codec: Extract<CodecPlan, { readonly name: 'gbt43229' }>): SpeakerWatch {
  const { crcPolynomial: polynomial, crcInitial: initial, crcReflected: reflected } = codec;
  const reader = createFrameReader(createCrc16({ polynomial, initial, reflected }));
  return (bytes) =>
    reader.read(bytes).flatMap((found): readonly Overheard[] => {
      if (found.kind !== 'frame') return [];
      const identity = found.table.sender;
      const type = Number.parseInt(identity.slice(GBT_TYPE.from, GBT_TYPE.to), 16);
      return (type & GBT_CONTROLLER) === 1
        ? []
        : [{ address: 0, identity, bytes: found.bytes + GBT_DELIMITERS }];
    });
}

function u16At(held: Uint8Array, at: number): number {
  return ((held[at] ?? 0) << 8) | (held[at + 1] ?? 0);
}
