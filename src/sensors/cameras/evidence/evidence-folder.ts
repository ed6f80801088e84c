import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RoadsideError } from '../../../base/errors.ts';
import { MS_PER_S } from '../../../base/units.ts';
import { isEvidenceName, PART_SUFFIX } from '../../contract/evidence-name.ts';

/** A file that is on the disk for good. */
export interface StoredFile {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The evidence of past incidents on the disk: bounded, the oldest gives way to the newest. */
export interface EvidenceFolder {
  /**
   * Makes room, lets `write` fill a file of another name, and gives it its own name once it is safe on the disk. One
   * file at a time.
   *
   * @param expectedBytes about how large it becomes
   * @throws RoadsideError evidence-full when it cannot fit at all, and what the system or `write` throws
   */
  store(name: string, expectedBytes: number, write: (partFile: string) => Promise<void>): Promise<StoredFile>;
  readonly files: number;
  readonly bytes: number;
  /** How many gave way since the start. */
  readonly removed: number;
}

/**
 * Opens the folder; what an interrupted run left half written is removed. What is there beyond a limit that has become
 * smaller gives way to the next file.
 *
 * @throws the system's error when it cannot be made or read
 */
export function openEvidenceFolder(options: {
  readonly folder: string;
  readonly maxBytes: number;
}): EvidenceFolder {
  const { folder, maxBytes } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    if (name.endsWith(PART_SUFFIX) && isEvidenceName(name.slice(0, -PART_SUFFIX.length))) {
      rmSync(join(folder, name));
    }
  }
  /** Oldest first. */
  let held = readdirSync(folder)
    .filter(isEvidenceName)
    .map((name) => ({ name, status: statSync(join(folder, name)) }))
    .filter(({ status }) => status.isFile())
    .map(({ name, status }) => ({ name, bytes: status.size, orderMs: status.mtimeMs }))
    .toSorted((a, b) => a.orderMs - b.orderMs);
  let bytes = held.reduce((sum, file) => sum + file.bytes, 0);
  let removed = 0;

  const makeRoom = async (wantedBytes: number): Promise<void> => {
    if (wantedBytes > maxBytes) {
      throw new RoadsideError('evidence-full', `${wantedBytes} bytes do not fit into ${maxBytes}`, {
        hint: 'Raise evidence.maxMegabytes in the site file.',
      });
    }
    while (bytes + wantedBytes > maxBytes) {
      const [oldest] = held;
      if (oldest === undefined) return;
      await rm(join(folder, oldest.name), { force: true });
      held = held.slice(1);
      bytes -= oldest.bytes;
      removed += 1;
    }
  };

  return {
    async store(name, expectedBytes, write) {
      await makeRoom(expectedBytes);
      const part = join(folder, name + PART_SUFFIX);
      try {
        await write(part);
        const afterMs = held.at(-1)?.orderMs ?? 0;
        const { orderMs, ...content } = await settle(part, afterMs);
        const stored = { name, ...content };
        await makeRoom(stored.bytes);
        await rename(part, join(folder, name));
        await syncFolder(folder);
        held = [...held.filter((file) => file.name !== name), { name, bytes: stored.bytes, orderMs }];
        bytes = held.reduce((sum, file) => sum + file.bytes, 0);
        return stored;
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        throw error;
      }
    },
    get files() {
      return held.length;
    },
    get bytes() {
      return bytes;
    },
    get removed() {
      return removed;
    },
  };
}

/**
 * Brings a file to the disk and reads it back for its checksum. Its time of modification is its place in the order of
 * the folder, so it is later than that of the newest file also after the clock was set back.
 */
async function settle(
  file: string,
  afterMs: number,
): Promise<Pick<StoredFile, 'sha256' | 'bytes'> & { readonly orderMs: number }> {
  const handle = await open(file, 'r+');
  const orderMs = await inOrder(handle, afterMs).finally(() => handle.close());
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { sha256: hash.digest('hex'), bytes: (await stat(file)).size, orderMs };
}

async function inOrder(handle: FileHandle, afterMs: number): Promise<number> {
  await handle.chmod(0o600);
  const { mtimeMs, atimeMs } = await handle.stat();
  const orderMs = Math.max(mtimeMs, Math.floor(afterMs) + 1);
  if (orderMs > mtimeMs) await handle.utimes(atimeMs / MS_PER_S, orderMs / MS_PER_S);
  await handle.sync();
  return orderMs;
}

/** A new name is safe only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
