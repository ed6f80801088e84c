/** What a program hands to the disk, as strace(1) sees it. */
import { readFileSync } from 'node:fs';

/** A file system writes nothing smaller. */
const BLOCK_BYTES = 4096;

export interface DiskWrites {
  readonly bytes: number;
  readonly syncs: number;
}

/** Options of strace that write what `readDiskWrites` reads. */
export function traceInto(file: string): readonly string[] {
  return ['strace', '-f', '-s', '0', '-o', file, '-e', 'trace=pwrite64,fsync,fdatasync'];
}

/**
 * Blocks written between two syncs of a file, each once: what the sync has to bring to the disk. `write_bytes` of
 * proc_pid_io(5) would count whole folios of the page cache, which are as large as the kernel likes (ext4 since
 * Linux 6.16).
 */
export function readDiskWrites(file: string): DiskWrites {
  const dirty = new Map<string, Set<number>>();
  let blocks = 0;
  let syncs = 0;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, into = '', length, offset] = /pwrite64\((\d+), .*, (\d+), (\d+)\) += \d/.exec(line) ?? [];
    if (length !== undefined) {
      const of = dirty.get(into) ?? new Set();
      const end = Number(offset) + Number(length);
      for (let block = Math.floor(Number(offset) / BLOCK_BYTES); block * BLOCK_BYTES < end; block += 1) {
        of.add(block);
      }
      dirty.set(into, of);
    }
    const [, synced] = /f(?:data)?sync\((\d+)\)/.exec(line) ?? [];
    if (synced === undefined) continue;
    syncs += 1;
    blocks += dirty.get(synced)?.size ?? 0;
    dirty.delete(synced);
  }
  return { bytes: blocks * BLOCK_BYTES, syncs };
}
