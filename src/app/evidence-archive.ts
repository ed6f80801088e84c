import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isEvidenceName } from '../sensors/contract/evidence-name.ts';

export interface ArchivedFile {
  readonly name: string;
  readonly bytes: number;
}

/** The evidence that lies in its folder, for who fetches it. The vision process writes there; here it is only read. */
export interface EvidenceArchive {
  /** Oldest first; empty where none is kept. */
  list(): Promise<readonly ArchivedFile[]>;
  /** The bytes of one file; null when there is none of this name. */
  read(name: string): Promise<AsyncIterable<Buffer> | null>;
}

export function createEvidenceArchive(folder: string | null): EvidenceArchive {
  return {
    async list() {
      const names = folder === null ? [] : await readdir(folder).catch(() => []);
      const files = names.filter(isEvidenceName).map(async (name) => {
        // One that gives way to a newer one meanwhile is not there.
        const status = await stat(join(folder ?? '', name)).catch(() => null);
        return status?.isFile() ? [{ name, bytes: status.size, orderMs: status.mtimeMs }] : [];
      });
      const inOrder = (await Promise.all(files)).flat().toSorted((a, b) => a.orderMs - b.orderMs);
      return inOrder.map(({ name, bytes }) => ({ name, bytes }));
    },
    async read(name) {
      if (folder === null || !isEvidenceName(name)) return null;
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
      const handle = await open(join(folder, name), flags).catch(() => null);
      return handle === null ? null : handle.createReadStream();
    },
  };
}
