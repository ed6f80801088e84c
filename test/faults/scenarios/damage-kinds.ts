import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';

/** Alters a store file, its log, which holds the newest commits, or its mark. `share` is chance in [0, 1). */
export type Damage = (file: string, share: () => number) => void;

const PAGE_BYTES = 4096;
const at = (share: () => number, end: number): number => Math.floor(share() * end);

/** The file or its log, whichever chance says. */
function choose(file: string, share: () => number): string {
  const log = existsSync(`${file}-wal`) && share() < 0.5;
  return log ? `${file}-wal` : file;
}

function overwrite(make: (bytes: Buffer, share: () => number) => void, which = choose): Damage {
  return (file, share) => {
    const target = which(file, share);
    const bytes = readFileSync(target);
    if (bytes.length > 0) make(bytes, share);
    writeFileSync(target, bytes);
  };
}

const pageOf = (bytes: Buffer, share: () => number): number =>
  at(share, Math.ceil(bytes.length / PAGE_BYTES)) * PAGE_BYTES;

function flipOne(bytes: Buffer, share: () => number): void {
  const place = at(share, bytes.length);
  bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << at(share, 8)), place);
}

export const DAMAGES: Readonly<Record<string, Damage>> = {
  'a flipped bit': overwrite(flipOne),
  'a hundred flipped bits': overwrite((bytes, share) => {
    for (let each = 0; each < 100; each += 1) flipOne(bytes, share);
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
    const target = choose(file, share);
    truncateSync(target, at(share, readFileSync(target).length));
  },
  'a strange beginning': overwrite((bytes, share) => {
    for (let place = 0; place < Math.min(100, bytes.length); place += 1)
      bytes.writeUInt8(at(share, 256), place);
  }),
  'a log of noise': (file, share) => {
    writeFileSync(`${file}-wal`, Buffer.from(Array.from({ length: 9000 }, () => at(share, 256))));
  },
  'a bit of the log flipped': overwrite(flipOne, (file) => `${file}-wal`),
  'a mark of noise': overwrite(
    (bytes, share) => {
      for (let place = at(share, bytes.length); place < bytes.length; place += 1)
        bytes.writeUInt8(at(share, 256), place);
    },
    (file) => `${file}.mark`,
  ),
  'no log': (file) => rmSync(`${file}-wal`, { force: true }),
  'no file at all, only its log': (file) => {
    truncateSync(file, 0);
  },
};
