import { closeSync, constants, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { StreamName } from '../traffic/stored-record.ts';

/**
 * How far a store had come, kept beside its file. When its log is damaged SQLite takes the last commits back without
 * a word (file format, 4.1: a frame that does not fit its checksum is the end of the log); the mark still knows them.
 */
export interface Mark {
  /** Whose mark it is: the store's id. */
  readonly store: number;
  /** Position of the newest record whose transaction had returned. */
  readonly position: number;
  /** The newest record's boot, the position it began behind, and how far each of its streams had come. */
  readonly boot: string;
  readonly bootAfter: number;
  readonly seqs: Readonly<Partial<Record<StreamName, number>>>;
  /** How many records waited for each upstream. */
  readonly waiting: Readonly<Record<string, number>>;
  /** End of the audit chain. */
  readonly audit: { readonly number: number; readonly hash: string };
}

/**
 * Two slots are written in turn, each with its checksum: one that was torn leaves the other. Nothing is synced after
 * the first time, so the mark may be older than the store after a power cut and never newer.
 */
export interface MarkFile {
  /** The newest whole slot; null when there is none. */
  read(): Mark | null;
  /** Never throws: a mark that cannot be written stays older, and tells less. */
  write(mark: Mark): void;
  close(): void;
}

/** Room for a mark with all streams; two of them lie on one page. */
const SLOT_BYTES = 2048;

interface Slot {
  readonly turn: number;
  readonly mark: Mark;
}

export function openMark(file: string): MarkFile {
  let handle: number | null = null;
  let turn = newestIn(file)?.turn ?? 0;

  /** Makes the file with its blocks, so that it can be written on a full disk. */
  const open = (): number => {
    const isNew = !existsSync(file);
    const made = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    if (isNew) {
      writeSync(made, Buffer.alloc(2 * SLOT_BYTES, ' '), 0, 2 * SLOT_BYTES, 0);
      fsyncSync(made);
    }
    return made;
  };
  return {
    read: () => newestIn(file)?.mark ?? null,
    write(mark) {
      const text = JSON.stringify({ turn: turn + 1, mark } satisfies Slot);
      const line = `${checksumOf(text)} ${text}\n`.padEnd(SLOT_BYTES);
      if (Buffer.byteLength(line) > SLOT_BYTES) return;
      try {
        handle ??= open();
        writeSync(handle, line, ((turn + 1) % 2) * SLOT_BYTES);
        turn += 1;
      } catch {
        // The disk is full, read-only or broken: the store says so itself.
      }
    },
    close() {
      if (handle !== null) closeSync(handle);
      handle = null;
    },
  };
}

function newestIn(file: string): Slot | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return null;
  }
  const slots = [0, 1].map((each) =>
    slotIn(bytes.toString('utf8', each * SLOT_BYTES, (each + 1) * SLOT_BYTES)),
  );
  return slots.reduce((newest, slot) => ((slot?.turn ?? 0) > (newest?.turn ?? 0) ? slot : newest));
}

function slotIn(text: string): Slot | null {
  const line = text.slice(0, Math.max(0, text.indexOf('\n')));
  const [sum, json] = [line.slice(0, 8), line.slice(9)];
  return checksumOf(json) === sum ? (JSON.parse(json) as Slot) : null;
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
