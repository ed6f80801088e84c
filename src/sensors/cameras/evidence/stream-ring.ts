import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamPart } from './fragment-reader.ts';

/** One stretch of a camera's own packets, beginning or not with a key picture. Times are monotonic ms. */
export interface RingFragment {
  readonly startMs: number;
  readonly endMs: number;
  /** How long it plays, and when its last picture begins. */
  readonly mediaMs: number;
  readonly lastPictureMs: number;
  readonly bytes: number;
  readonly startsWithKey: boolean;
}

/** What the ring holds of an asked time: it plays when `read` is written out in order. */
export interface RingCut {
  readonly fragments: readonly RingFragment[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly bytes: number;
  readonly head: Buffer;
  /** The head and the fragments. Throws when one has left the ring meanwhile, or cannot be read. */
  read(): AsyncGenerator<Buffer>;
}

/** The last seconds of one camera's stream as it came, in files. */
export interface StreamRing {
  /** A new run of the decoder: its head and its times have nothing to do with those before. */
  begin(): void;
  /** @param atMs when the part arrived whole: a fragment ends where the next picture begins */
  push(part: StreamPart, atMs: number): void;
  /**
   * The stretch around `atMs`, from the last key picture at or before `fromMs` (or the first that is held) to the
   * first fragment that reaches `toMs` (or the last that is held); null when nothing of `atMs` is held.
   */
  cut(asked: { readonly fromMs: number; readonly atMs: number; readonly toMs: number }): RingCut | null;
  readonly bytes: number;
  /** Fragments that the disk was too slow or too full for. */
  readonly lost: number;
  close(): Promise<void>;
}

export interface StreamRingOptions {
  /** This camera's own folder; what an earlier run left there is removed. */
  readonly folder: string;
  readonly keepMs: number;
  readonly maxBytes: number;
  /** Null when a fragment was written: that a file can be removed says nothing about a disk that is full. */
  onWritten(problem: unknown): void;
}

interface HeldFragment extends RingFragment {
  /** Fragments that follow each other without a hole have numbers that do, too. */
  readonly number: number;
  readonly file: string;
  readonly head: Buffer;
}

/** What waits for a slow disk; beyond it fragments are dropped, because neither camera nor detector may wait. */
const UNWRITTEN_LIMIT_BYTES = 16 * 1024 * 1024;
const FRAGMENT_FILE = /^\d+\.fragment$/;

/** @throws the system's error when the folder cannot be made */
export function openStreamRing(options: StreamRingOptions): StreamRing {
  const { folder, keepMs, maxBytes, onWritten } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) if (FRAGMENT_FILE.test(name)) rmSync(join(folder, name));
  let held: HeldFragment[] = [];
  let heldBytes = 0;
  let unwrittenBytes = 0;
  let lost = 0;
  let number = 0;
  let head: Buffer | null = null;
  let lastEndMs: number | null = null;
  /** One operation on the disk at a time: a disk that hangs takes no more than one of Node's threads. */
  let disk: Promise<void> = Promise.resolve();

  const onDisk = (work: () => Promise<void>, onFailure: () => void = () => undefined): void => {
    disk = disk.then(work).catch((error: unknown) => {
      onFailure();
      onWritten(error);
    });
  };
  const forget = (gone: readonly HeldFragment[]): void => {
    if (gone.length === 0) return;
    held = held.filter((fragment) => !gone.includes(fragment));
    for (const { bytes } of gone) heldBytes -= bytes;
    onDisk(async () => {
      for (const { file } of gone) await rm(file, { force: true });
    });
  };
  const makeRoom = (newest: number): void => {
    const old = held.filter(({ endMs }) => endMs < newest - keepMs);
    let bytes = heldBytes - old.reduce((sum, fragment) => sum + fragment.bytes, 0);
    for (const fragment of held.slice(old.length)) {
      if (bytes <= maxBytes) break;
      bytes -= fragment.bytes;
      old.push(fragment);
    }
    forget(old);
  };

  return {
    begin() {
      number += 1;
      head = null;
      lastEndMs = null;
    },
    push(part, atMs) {
      if (part.kind === 'head') {
        head = part.bytes;
        return;
      }
      if (head === null) return;
      // A camera whose clock jumps claims hours for some seconds.
      const startMs = lastEndMs ?? atMs - Math.min(part.mediaMs, keepMs);
      lastEndMs = atMs;
      const { bytes: content, startsWithKey, mediaMs, lastPictureMs } = part;
      const bytes = content.length;
      number += 1;
      if (unwrittenBytes + bytes > UNWRITTEN_LIMIT_BYTES) {
        lost += 1;
        return;
      }
      const file = join(folder, `${number}.fragment`);
      const times = { startMs, endMs: atMs, mediaMs, lastPictureMs };
      const fragment = { number, file, head, ...times, bytes, startsWithKey };
      held.push(fragment);
      heldBytes += bytes;
      unwrittenBytes += bytes;
      const settle = (): void => {
        unwrittenBytes -= bytes;
      };
      onDisk(
        async () => {
          await writeFile(file, content, { mode: 0o600 });
          settle();
          onWritten(null);
        },
        () => {
          settle();
          lost += 1;
          forget(held.filter((other) => other === fragment));
        },
      );
      makeRoom(atMs);
    },
    cut({ fromMs, atMs, toMs }) {
      const whole = unbroken(held, atMs);
      const first = whole.findLastIndex(({ startsWithKey, startMs }) => startsWithKey && startMs <= fromMs);
      const start = first >= 0 ? first : whole.findIndex(({ startsWithKey }) => startsWithKey);
      const last = whole.findIndex(({ endMs }, index) => index >= start && endMs >= toMs);
      const fragments = start < 0 ? [] : whole.slice(start, last < 0 ? undefined : last + 1);
      const [opening, closing] = [fragments[0], fragments.at(-1)];
      if (opening === undefined || closing === undefined || closing.endMs < atMs) return null;
      return {
        fragments,
        head: opening.head,
        fromMs: opening.startMs,
        toMs: closing.endMs,
        bytes: fragments.reduce((sum, fragment) => sum + fragment.bytes, opening.head.length),
        async *read() {
          await disk;
          yield opening.head;
          for (const { file } of fragments) yield await readFile(file);
        },
      };
    },
    get bytes() {
      return heldBytes;
    },
    get lost() {
      return lost;
    },
    async close() {
      forget(held);
      await disk;
    },
  };
}

/** The fragments around a moment that follow each other without a hole. */
function unbroken(held: readonly HeldFragment[], atMs: number): readonly HeldFragment[] {
  const middle = held.findLastIndex(({ startMs }) => startMs <= atMs);
  const follows = (index: number): boolean => held[index]?.number === (held[index - 1]?.number ?? -1) + 1;
  let [start, end] = [middle, middle + 1];
  while (start > 0 && follows(start)) start -= 1;
  while (end < held.length && follows(end)) end += 1;
  return middle < 0 ? [] : held.slice(start, end);
}
