import { RoadsideError } from '../../../base/errors.ts';
import { MS_PER_S } from '../../../base/units.ts';

/** What a stream of fragmented MP4 consists of (ISO/IEC 14496-12, 8.8): one head, then fragments. */
export type StreamPart =
  | { readonly kind: 'head'; readonly bytes: Buffer }
  | {
      readonly kind: 'fragment';
      readonly bytes: Buffer;
      /** Its first picture needs no other one. */
      readonly startsWithKey: boolean;
      readonly mediaMs: number;
      /** When its last picture begins. */
      readonly lastPictureMs: number;
    };

export interface FragmentReader {
  /**
   * Takes bytes in and returns the parts that they completed.
   *
   * @throws RoadsideError camera-stream-unusable when they are no fragmented MP4, or too large
   */
  write(chunk: Buffer): readonly StreamPart[];
}

/** The largest box: some seconds at 100 Mbit/s. */
const BOX_LIMIT_BYTES = 32 * 1024 * 1024;
const BOX_HEAD_BYTES = 8;
/** `sample_is_non_sync_sample` (8.8.3.1). */
const NOT_KEY = 0x10000;

export function createFragmentReader(): FragmentReader {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let head: Buffer[] = [];
  let timescale: number | null = null;
  let fragmentHead: Buffer | null = null;

  const take = (bytes: number): Buffer => {
    const all = Buffer.concat(waiting, waitingBytes);
    const rest = all.subarray(bytes);
    waiting = rest.length === 0 ? [] : [rest];
    waitingBytes = rest.length;
    return all.subarray(0, bytes);
  };
  const partOf = (type: string, box: Buffer): readonly StreamPart[] => {
    switch (type) {
      case 'ftyp':
        head = [Buffer.from(box)];
        return [];
      case 'moov':
        timescale = timescaleOf(box);
        return [{ kind: 'head', bytes: Buffer.concat([...head, box]) }];
      case 'moof':
        fragmentHead = Buffer.from(box);
        return [];
      case 'mdat': {
        if (fragmentHead === null || timescale === null) throw unusable('pictures before their head');
        const { startsWithKey, duration, lastDuration } = samplesOf(fragmentHead);
        const unitMs = MS_PER_S / timescale;
        const bytes = Buffer.concat([fragmentHead, box]);
        fragmentHead = null;
        const times = { mediaMs: duration * unitMs, lastPictureMs: (duration - lastDuration) * unitMs };
        return [{ kind: 'fragment', bytes, startsWithKey, ...times }];
      }
      default:
        return [];
    }
  };

  return {
    write(chunk) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      const parts: StreamPart[] = [];
      while (waitingBytes >= BOX_HEAD_BYTES) {
        if ((waiting[0]?.length ?? 0) < BOX_HEAD_BYTES) waiting = [Buffer.concat(waiting, waitingBytes)];
        const first = waiting[0] ?? Buffer.alloc(0);
        const size = first.readUInt32BE(0);
        if (size < BOX_HEAD_BYTES || size > BOX_LIMIT_BYTES) throw unusable(`a box of ${size} bytes`);
        if (waitingBytes < size) break;
        parts.push(...partOf(first.toString('latin1', 4, 8), take(size)));
      }
      return parts;
    },
  };
}

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

/** @throws RoadsideError camera-stream-unusable when they do not fit into each other */
export function boxesIn(bytes: Buffer): readonly Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + BOX_HEAD_BYTES <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (size < BOX_HEAD_BYTES || at + size > bytes.length)
      throw unusable(`a box of ${size} bytes in another`);
    const body = bytes.subarray(at + BOX_HEAD_BYTES, at + size);
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), body });
    at += size;
  }
  return boxes;
}

function inside(box: Buffer, path: readonly string[]): Buffer {
  return path.reduce((body, type) => {
    const found = boxesIn(body).find((inner) => inner.type === type);
    if (found === undefined) throw unusable(`no ${type}`);
    return found.body;
  }, box.subarray(BOX_HEAD_BYTES));
}

/** Units of a second in which the one track counts (8.4.2). */
function timescaleOf(moov: Buffer): number {
  const header = inside(moov, ['trak', 'mdia', 'mdhd']);
  const timescale = readUInt32(header, header[0] === 1 ? 20 : 12);
  if (timescale === 0) throw unusable('no time scale');
  return timescale;
}

interface Samples {
  readonly startsWithKey: boolean;
  /** Of all of them, and of the last, in units of the time scale. */
  readonly duration: number;
  readonly lastDuration: number;
}

/** Sums the samples of the one track of a fragment: `tfhd` gives what `trun` leaves out (8.8.7, 8.8.8). */
function samplesOf(moof: Buffer): Samples {
  const track = boxesIn(inside(moof, ['traf']));
  const defaults = defaultsOf(track.find(({ type }) => type === 'tfhd')?.body ?? Buffer.alloc(0));
  let duration = 0;
  let lastDuration = 0;
  let firstFlags: number | null = null;
  for (const { type, body } of track) {
    if (type !== 'trun') continue;
    const flags = readUInt32(body, 0) & 0xffffff;
    const count = readUInt32(body, 4);
    let at = 8 + ((flags & 0x1) === 0 ? 0 : 4);
    if ((flags & 0x4) !== 0) {
      firstFlags ??= readUInt32(body, at);
      at += 4;
    }
    const [hasDuration, hasFlags] = [(flags & 0x100) !== 0, (flags & 0x400) !== 0];
    const flagsAt = [0x100, 0x200].filter((bit) => (flags & bit) !== 0).length * 4;
    const sampleBytes = [0x100, 0x200, 0x400, 0x800].filter((bit) => (flags & bit) !== 0).length * 4;
    if (at + count * sampleBytes > body.length) throw unusable(`${count} samples in ${body.length} bytes`);
    if (hasFlags && count > 0) firstFlags ??= readUInt32(body, at + flagsAt);
    if (count === 0) continue;
    lastDuration = hasDuration ? readUInt32(body, at + (count - 1) * sampleBytes) : defaults.duration;
    // A count without samples may be any number: it is not walked through.
    if (!hasDuration) duration += count * defaults.duration;
    else for (let n = 0; n < count; n += 1) duration += readUInt32(body, at + n * sampleBytes);
  }
  return { startsWithKey: ((firstFlags ?? defaults.flags) & NOT_KEY) === 0, duration, lastDuration };
}

function defaultsOf(tfhd: Buffer): { readonly duration: number; readonly flags: number } {
  const flags = readUInt32(tfhd, 0) & 0xffffff;
  let at = 8 + ((flags & 0x1) === 0 ? 0 : 8) + ((flags & 0x2) === 0 ? 0 : 4);
  const next = (bit: number): number => {
    if ((flags & bit) === 0) return 0;
    at += 4;
    return readUInt32(tfhd, at - 4);
  };
  const duration = next(0x8);
  next(0x10);
  return { duration, flags: next(0x20) };
}

function readUInt32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw unusable('a box that is cut short');
  return bytes.readUInt32BE(at);
}

function unusable(what: string): RoadsideError {
  return new RoadsideError('camera-stream-unusable', `the copied stream has ${what}`, {
    hint: 'Set the camera to H.264 with ordinary settings; counting goes on without clips.',
  });
}
