import { closeSync, fstatSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';

const HEADER_BYTES = 100;
const PAGE_BYTES = 4096;

/**
 * Gives a file that was set aside the first 100 bytes that every store of ours has, so that its tables can be
 * read when nothing but these was damaged (SQLite database file format, 1.3). What stood there is kept beside it.
 */
export function repairHeader(file: string): boolean {
  const handle = openSync(file, 'r+');
  try {
    const was = Buffer.alloc(HEADER_BYTES);
    const pages = Math.floor(fstatSync(handle).size / PAGE_BYTES);
    if (pages < 2 || readSync(handle, was, 0, HEADER_BYTES, 0) < HEADER_BYTES) return false;
    writeFileSync(`${file}.header`, was);
    writeSync(handle, headerOf(pages), 0, HEADER_BYTES, 0);
    return true;
  } finally {
    closeSync(handle);
  }
}

function headerOf(pages: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('SQLite format 3\0', 0, 'latin1');
  header.writeUInt16BE(PAGE_BYTES, 16);
  // Written and read with a write-ahead log; no reserved bytes; payload fractions as the format fixes them.
  header.set([2, 2, 0, 64, 32, 32], 18);
  header.writeUInt32BE(1, 24);
  header.writeUInt32BE(pages, 28);
  // No free pages are claimed: what they were is not needed to read tables.
  header.writeUInt32BE(1, 40);
  header.writeUInt32BE(4, 44);
  header.writeUInt32BE(1, 56);
  header.writeUInt32BE(1, 92);
  header.writeUInt32BE(3_053_002, 96);
  return header;
}
