import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultRecord, flowRecord, incidentRecord, passageRecord } from '../../test/fakes/records.ts';
import { seededRandom } from '../../test/fakes/seeded-random.ts';
import type { GapRecord, StoredRecord, StreamName } from '../traffic/stored-record.ts';
import { RELAY_CLASSES } from './relay-class.ts';
import { type Healing, openStore, type Store } from './store.ts';

const EVERYTHING: ReadonlySet<StreamName> = new Set(['passage', 'flow', 'incident', 'fault', 'gap']);
const PAGE_BYTES = 4096;
const ORIGIN = { site: 'renmin-lu-3', boot: 'boot-9', configRev: 'rev' };
const RECORDS: readonly StoredRecord[] = Array.from({ length: 150 }, (_, index) => [
  passageRecord({ seq: index + 1 }),
  flowRecord({ seq: index + 1 }),
  ...(index % 10 === 0
    ? [incidentRecord({ seq: index / 10 + 1 }), faultRecord({ seq: index / 10 + 1 })]
    : []),
]).flat();

let folder: string;
let sound: string;
/** Bodies that the sound store still has to deliver, by id. */
const owed = new Map<string, string>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-salvage-'));
  sound = join(folder, 'sound.db');
  const store = open(sound);
  for (let from = 0; from < RECORDS.length; from += 20) store.append(RECORDS.slice(from, from + 20));
  const some = store.outbox('platform').pending({ class: 3, after: 0, limit: 100 });
  store.outbox('platform').acknowledge(some.map(({ position }) => position));
  for (const { id, body } of drained(store)) owed.set(id, body);
  store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

function open(file: string, onHealed: (healing: Healing) => void = () => undefined): Store {
  return openStore({
    file,
    upstreams: [{ name: 'platform', streams: EVERYTHING }],
    origin: ORIGIN,
    onHealed,
  });
}

function drained(store: Store): readonly { readonly id: string; readonly body: string }[] {
  const rows = RELAY_CLASSES.flatMap((each) =>
    store.outbox('platform').pending({ class: each, after: 0, limit: 10_000 }),
  );
  // Damage that reading has met is declared behind what was read already.
  const late = store.outbox('platform').pending({ class: 1, after: 0, limit: 10_000 });
  return [...new Map([...rows, ...late].map((row) => [row.id, row])).values()];
}

type Damage = (file: string, random: () => number) => void;
const overwrite =
  (make: (bytes: Buffer, random: () => number) => void): Damage =>
  (file, random) => {
    const bytes = readFileSync(file);
    make(bytes, random);
    writeFileSync(file, bytes);
  };
const at = (random: () => number, end: number): number => Math.floor(random() * end);

const DAMAGES: Readonly<Record<string, Damage>> = {
  'a flipped bit': overwrite((bytes, random) => {
    const place = at(random, bytes.length);
    bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << at(random, 8)), place);
  }),
  'a page of zeros': overwrite((bytes, random) => {
    const page = at(random, bytes.length / PAGE_BYTES) * PAGE_BYTES;
    bytes.fill(0, page, page + PAGE_BYTES);
  }),
  'a page of noise': overwrite((bytes, random) => {
    const page = at(random, bytes.length / PAGE_BYTES) * PAGE_BYTES;
    for (let place = page; place < page + PAGE_BYTES; place += 1) bytes.writeUInt8(at(random, 256), place);
  }),
  'a page in the place of another': overwrite((bytes, random) => {
    const [from, to] = [at(random, bytes.length / PAGE_BYTES), at(random, bytes.length / PAGE_BYTES)];
    bytes.copy(bytes, to * PAGE_BYTES, from * PAGE_BYTES, (from + 1) * PAGE_BYTES);
  }),
  'an end cut off': (file, random) => truncateSync(file, at(random, readFileSync(file).length)),
  'a strange beginning': overwrite((bytes, random) => {
    for (let place = 0; place < 100; place += 1) bytes.writeUInt8(at(random, 256), place);
  }),
  'a log of noise beside it': (file, random) => {
    writeFileSync(`${file}-wal`, Buffer.from(Array.from({ length: 9000 }, () => at(random, 256))));
  },
};
const EACH = 12;

describe.each(Object.entries(DAMAGES))('a store with %s', (kind, damage) => {
  it(`opens, publishes nothing that was not stored, and accounts for what it owes (n = ${EACH})`, () => {
    for (let seed = 1; seed <= EACH; seed += 1) {
      const file = join(folder, `${kind.replaceAll(' ', '-')}-${seed}.db`);
      cpSync(sound, file);
      damage(file, seededRandom(seed).share);
      const healings: Healing[] = [];
      const store = open(file, (healing) => healings.push(healing));
      const rows = drained(store);
      const gaps = rows.flatMap(({ id, body }) =>
        id.includes('/gap/') ? [JSON.parse(body) as GapRecord] : [],
      );
      const delivered = rows.filter(({ id }) => !id.includes('/gap/'));
      for (const { id, body } of delivered) {
        expect(
          RECORDS.find((record) => record.id === id),
          `${kind} ${seed}`,
        ).toEqual(JSON.parse(body));
      }
      const got = new Set(delivered.map(({ id }) => id));
      const lacking = [...owed.keys()].filter((id) => !got.has(id)).length;
      const declared = gaps.reduce((sum, gap) => sum + gap.count, 0);
      // Where the file no longer tells what it held, the healing says that much.
      const told = healings.some(({ findings }) => !findings.counted) || lacking <= declared;
      expect(told, `${kind} ${seed}: ${lacking} lacking, ${declared} declared`).toBe(true);
      store.append([passageRecord({ seq: 1000 + seed })]);
      expect(drained(store).some(({ id }) => id.endsWith(`/passage/${1000 + seed}`))).toBe(true);
      store.close();
      for (const { setAside } of healings) expect(existsSync(setAside)).toBe(true);
    }
  });
});

describe('a store that is whole', () => {
  it('is not set aside (control: the file that the damages are done to)', () => {
    const file = join(folder, 'control.db');
    cpSync(sound, file);
    const healings: Healing[] = [];
    const store = open(file, (healing) => healings.push(healing));
    expect(drained(store).map(({ id }) => id)).toEqual([...owed.keys()]);
    store.close();
    expect(healings).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith('control.db.damaged'))).toEqual([]);
  });
});
