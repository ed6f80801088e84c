import { spawn } from 'node:child_process';
import { RoadsideError } from '../../base/errors.ts';

/** One coded picture: its NAL units without start codes, in order. Delimiters and filler are left out. */
export interface AccessUnit {
  readonly nals: readonly Uint8Array[];
  /** An IDR picture: decoding can start here. */
  readonly key: boolean;
}

/** ITU-T H.264 table 7-1. */
const NAL_SLICE = 1;
const NAL_IDR_SLICE = 5;
const NAL_SEI = 6;
export const NAL_SPS = 7;
export const NAL_PPS = 8;
const NAL_DELIMITER = 9;
const NAL_FILLER = 12;
const NAL_PREFIX = 14;
const NAL_LAST_RESERVED_PREFIX = 18;

/** A clip of minutes at camera bit rates; more does not belong in memory. */
const CLIP_LIMIT_BYTES = 256 * 1024 * 1024;
const STDERR_LIMIT_CHARS = 2000;

export function nalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f;
}

/** Splits an H.264 byte stream (Annex B) into access units, by the rules of H.264 7.4.1.2.3. */
export function splitAccessUnits(stream: Uint8Array): AccessUnit[] {
  const units: AccessUnit[] = [];
  let nals: Uint8Array[] = [];
  let hasSlice = false;
  let key = false;
  const finish = (): void => {
    if (hasSlice) units.push({ nals, key });
    nals = [];
    hasSlice = false;
    key = false;
  };
  for (const nal of splitNals(stream)) {
    const type = nalType(nal);
    if (hasSlice && startsNextPicture(nal)) finish();
    if (type === NAL_SLICE || type === NAL_IDR_SLICE) hasSlice = true;
    if (type === NAL_IDR_SLICE) key = true;
    if (type !== NAL_DELIMITER && type !== NAL_FILLER) nals.push(nal);
  }
  finish();
  return units;
}

/** Only asked after a slice: whether this NAL unit belongs to the picture after it. */
function startsNextPicture(nal: Uint8Array): boolean {
  const type = nalType(nal);
  // first_mb_in_slice = 0 is coded as a single 1 bit, the first of the slice header.
  if (type === NAL_SLICE || type === NAL_IDR_SLICE) return ((nal[1] ?? 0) & 0x80) !== 0;
  if (type >= NAL_SEI && type <= NAL_DELIMITER) return true;
  return type >= NAL_PREFIX && type <= NAL_LAST_RESERVED_PREFIX;
}

function* splitNals(stream: Uint8Array): Generator<Uint8Array> {
  let start = nextStartCode(stream, 0);
  while (start < stream.length) {
    const from = start + 3;
    const next = nextStartCode(stream, from);
    let to = next;
    // Zeros before a start code belong to it (trailing_zero_8bits), never to a NAL unit.
    while (to > from && stream[to - 1] === 0) to -= 1;
    if (to > from) yield stream.subarray(from, to);
    start = next;
  }
}

/** Index of the next 00 00 01, or the length of the stream. */
function nextStartCode(stream: Uint8Array, from: number): number {
  for (let one = stream.indexOf(1, from + 2); one >= 0; one = stream.indexOf(1, one + 1)) {
    if (stream[one - 1] === 0 && stream[one - 2] === 0) return one - 2;
  }
  return stream.length;
}

/**
 * Reads the pictures of an H.264 video file as they are coded, without transcoding. The clip is meant to be
 * sent live, so it should have no B pictures, as a camera's stream has none.
 * Throws `recording-invalid` when the file is missing or is not H.264 starting with a key picture.
 */
export async function readAccessUnits(file: string): Promise<AccessUnit[]> {
  const units = splitAccessUnits(await readByteStream(file));
  if (units[0]?.key !== true) {
    throw new RoadsideError('recording-invalid', `${file} has no H.264 key picture at its start`, {
      hint: 'Give a video file with H.264 video.',
    });
  }
  return units;
}

function readByteStream(file: string): Promise<Uint8Array> {
  const args = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-i', `file:${file}`];
  const output = ['-map', '0:v:0', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-f', 'h264', 'pipe:1'];
  const child = spawn('ffmpeg', [...args, ...output], { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  let bytes = 0;
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_LIMIT_CHARS);
  });
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= CLIP_LIMIT_BYTES) chunks.push(chunk);
    else child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      const hint = 'Install ffmpeg: apt-get install ffmpeg.';
      reject(new RoadsideError('camera-no-decoder', 'ffmpeg cannot be started', { hint, cause }));
    });
    child.on('close', (code) => {
      if (code === 0) {
        resolve(Buffer.concat(chunks));
        return;
      }
      const problem = bytes > CLIP_LIMIT_BYTES ? 'the clip is longer than 256 MB' : stderr.trim();
      reject(
        new RoadsideError('recording-invalid', `cannot read ${file}: ${problem}`, {
          hint: 'Give a video file of a few minutes with H.264 video.',
        }),
      );
    });
  });
}
