import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';

/** Alters a store file, or its log, which holds the newest commits; says which. `share` is chance in [0, 1). */
export type Damage = (file: string, share: () => number) => 'file' | 'log';

const PAGE_BYTES = 4096;
const at = (share: () => number, end: number): number => Math.floor(share() * end);

/** The file or its log, whichever chance says. */
function choose(
  file: string,
  share: () => number,
): { readonly target: string; readonly hit: 'file' | 'log' } {
  const log = existsSync(`${file}-wal`) && share() < 0.5;
  return log ? { target: `${file}-wal`, hit: 'log' } : { target: file, hit: 'file' };
}

function overwrite(make: (bytes: Buffer, share: () => number) => void): Damage {
  return (file, share) => {
    const { target, hit } = choose(file, share);
    const bytes = readFileSync(target);
    if (bytes.length > 0) make(bytes, share);
    writeFileSync(target, bytes);
    return hit;
  };
}

const pageOf = (bytes: Buffer, share: () => number): number =>
  at(share, Math.ceil(bytes.length / PAGE_BYTES)) * PAGE_BYTES;

export const DAMAGES: Readonly<Record<string, Damage>> = {
  'a flipped bit': overwrite((bytes, share) => {
    const place = at(share, bytes.length);
    bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << at(share, 8)), place);
  }),
  'a hundred flipped bits': overwrite((bytes, share) => {
    for (let each = 0; each < 100; each += 1) {
      const place = at(share, bytes.length);
      bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << at(share, 8)), place);
    }
  }),
  'a page of zeros': overwrite((bytes, share) => {
    const page = pageOf(bytes, share);
    bytes.fill(0, page, Math.min(bytes.length, page + PAGE_BYTES));
  }),
  'a sector of noise': overwrite((bytes, share) => {
    const sector = at(share, Math.ceil(bytes.length / 512)) * 512;
    for (let place = sector; place < Math.min(bytes.length, sector + 512); place += 1) {
      bytes.writeUInt8(at(share, 256), place);
    }
  }),
  'a page in the place of another': overwrite((bytes, share) => {
    const from = pageOf(bytes, share);
    bytes.copy(bytes, pageOf(bytes, share), from, from + PAGE_BYTES);
  }),
  'an end cut off': (file, share) => {
    const { target, hit } = choose(file, share);
    truncateSync(target, at(share, readFileSync(target).length));
    return hit;
  },
  'a strange beginning': overwrite((bytes, share) => {
    for (let place = 0; place < Math.min(100, bytes.length); place += 1)
      bytes.writeUInt8(at(share, 256), place);
  }),
  'a log of noise': (file, share) => {
    writeFileSync(`${file}-wal`, Buffer.from(Array.from({ length: 9000 }, () => at(share, 256))));
    return 'log';
  },
  'no file at all, only its log': (file) => {
    truncateSync(file, 0);
    return 'file';
  },
};
