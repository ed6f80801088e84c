import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { incidentRecord, passageRecord } from '../../test/fakes/records.ts';
import type { AuditFact, GapRecord, StreamName } from '../traffic/stored-record.ts';
import { checkChain } from './audit-chain.ts';
import { RELAY_CLASSES } from './relay-class.ts';
import { openStore, type Store } from './store.ts';

const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4096;
const FACT: AuditFact = {
  ...{ action: 'started', actor: 'agent', command: null, commandId: null, subject: null, reason: null },
  ...{ detail: '', count: 1 },
};

let folder: string;
const opened: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-high-water-'));
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(folder, { recursive: true });
});

interface Opened {
  readonly store: Store;
  readonly takenBack: readonly number[];
}

function open(
  file: string,
  boot = 'boot-2',
  streams: readonly StreamName[] = ['passage', 'incident'],
): Opened {
  const takenBack: number[] = [];
  const store = openStore({
    file,
    upstreams: [{ name: 'platform', streams: new Set(streams) }],
    origin: { site: 'renmin-lu-3', boot, configRev: 'rev' },
    onTakenBack: (records) => takenBack.push(records),
  });
  opened.push(store);
  return { store, takenBack };
}

/** A store as a killed process leaves it. */
function leave(work: (store: Store) => void, companions = ['', '-wal', '.mark']): string {
  const file = join(folder, 'left.db');
  const { store } = open(file, 'boot-1');
  work(store);
  const copy = join(folder, 'copy.db');
  for (const companion of companions) cpSync(file + companion, copy + companion);
  return copy;
}

/** Alters one frame of the log, counted from its newest: from it on none fits its checksum (file format, 4.1). */
function damageLog(file: string, fromNewest: number): void {
  const log = readFileSync(`${file}-wal`);
  const salts = log.subarray(16, 24);
  const at = (frame: number): number => WAL_HEADER_BYTES + frame * FRAME_BYTES;
  let frames = 0;
  while (log.subarray(at(frames) + 8, at(frames) + 16).equals(salts)) frames += 1;
  const place = at(Math.max(0, frames - 1 - fromNewest)) + 30;
  log.writeUInt8(log.readUInt8(place) ^ 1, place);
  writeFileSync(`${file}-wal`, log);
}

const passages = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => passageRecord({ seq: from + index, boot: 'boot-1' }));

function bodies(store: Store): readonly { readonly id: string; readonly body: string }[] {
  return RELAY_CLASSES.flatMap((each) =>
    store.outbox('platform').pending({ class: each, after: 0, limit: 10_000 }),
  );
}

function gapsIn(store: Store): readonly GapRecord[] {
  return bodies(store).flatMap(({ id, body }) => (id.includes('/gap/') ? [JSON.parse(body)] : []));
}

/** Twelve commits of one passage and one incident each. */
const twelve = (store: Store): void => {
  for (let seq = 1; seq <= 12; seq += 1)
    store.append([...passages(seq, seq), incidentRecord({ seq, boot: 'boot-1' })]);
};
const namedFrom = (fromSeq: number) =>
  ['incident', 'passage'].map((stream) => ({ boot: 'boot-1', stream, fromSeq, toSeq: 12 }));

describe('a store whose log was damaged after a crash', () => {
  it.each([0, 6, 14, 22])(
    'declares by their numbers what SQLite took back (frame %i from the end)',
    (frame) => {
      const copy = leave(twelve);
      damageLog(copy, frame);
      const { store, takenBack } = open(copy);
      const held = bodies(store).filter(({ id }) => !id.includes('/gap/')).length / 2;
      expect(held).toBeLessThan(12);
      expect(takenBack).toEqual([2 * (12 - held)]);
      const [gap, ...others] = gapsIn(store);
      expect(others).toEqual([]);
      expect(gap).toMatchObject({
        upstream: 'platform',
        reason: 'damaged',
        count: 2 * (12 - held),
        unnamed: 0,
      });
      expect(gap?.ranges).toEqual(namedFrom(held + 1));
    },
  );

  it('says nothing without its mark (control)', () => {
    const copy = leave(twelve, ['', '-wal']);
    damageLog(copy, 6);
    const { store, takenBack } = open(copy);
    expect(bodies(store).length).toBeLessThan(24);
    expect([takenBack, gapsIn(store)]).toEqual([[], []]);
  });

  it('uses no position again that had been promised', () => {
    const copy = leave(twelve);
    damageLog(copy, 6);
    const { store } = open(copy);
    store.append([passageRecord({ seq: 1, boot: 'boot-2' })]);
    expect(store.readLedger({ limit: 100 }).at(-1)?.position).toBeGreaterThan(24);
  });

  it('declares it once', () => {
    const copy = leave(twelve);
    damageLog(copy, 6);
    const { store } = open(copy);
    const { length } = gapsIn(store);
    opened.pop()?.close();
    const again = open(copy, 'boot-3');
    expect([length, again.takenBack, gapsIn(again.store).length]).toEqual([1, [], 1]);
  });

  it('tells each upstream of its own streams only', () => {
    const copy = leave(twelve);
    damageLog(copy, 6);
    const { store } = open(copy, 'boot-2', ['incident']);
    const streams = gapsIn(store).flatMap(({ ranges }) => ranges.map(({ stream }) => stream));
    expect(streams).toEqual(['incident']);
  });

  it('goes on with the audit behind the entries that are gone, so that the hole is seen', () => {
    const copy = leave((store) => {
      for (let entry = 0; entry < 5; entry += 1) store.audit.append(FACT);
    });
    damageLog(copy, 0);
    const { store } = open(copy);
    store.audit.append(FACT);
    const rows = store.audit.read(0, 100);
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 6]);
    expect(checkChain(rows, store.audit.ends())).toMatchObject({ kind: 'broken', number: 5 });
  });

  it('refuses commands that may have been forgotten', () => {
    const copy = leave(twelve);
    damageLog(copy, 6);
    expect(open(copy).store.commands.floorMs()).toBeGreaterThan(Date.now());
  });
});

describe('a store with a mark', () => {
  it('that lost nothing declares nothing, whatever commit it was left at', () => {
    const file = join(folder, 'store.db');
    const { store } = open(file, 'boot-1');
    const copies = Array.from({ length: 12 }, (_, index) => {
      store.append(passages(3 * index + 1, 3 * index + 3));
      if (index % 3 === 0) store.outbox('platform').acknowledge([index + 1]);
      const copy = join(folder, `copy-${index}.db`);
      for (const companion of ['', '-wal', '.mark']) cpSync(file + companion, copy + companion);
      return copy;
    });
    for (const copy of copies) {
      const next = open(copy);
      expect([next.takenBack, gapsIn(next.store)]).toEqual([[], []]);
      opened.pop()?.close();
    }
  });

  it('of another store takes no notice of it', () => {
    const copy = leave(twelve);
    const other = join(folder, 'other.db');
    open(other).store.append(passages(1, 1));
    opened.pop()?.close();
    cpSync(`${copy}.mark`, `${other}.mark`);
    const { store, takenBack } = open(other);
    expect([takenBack, gapsIn(store)]).toEqual([[], []]);
  });

  it('that is an older copy of itself declares what came after it', () => {
    const file = join(folder, 'store.db');
    open(file, 'boot-1').store.append(passages(1, 3));
    opened.pop()?.close();
    cpSync(file, join(folder, 'backup.db'));
    open(file, 'boot-2').store.append(passages(1, 6).map((record) => ({ ...record, boot: 'boot-2' })));
    opened.pop()?.close();
    cpSync(join(folder, 'backup.db'), file);
    const { store, takenBack } = open(file, 'boot-3');
    expect(takenBack).toEqual([6]);
    expect(gapsIn(store).map(({ count }) => count)).toEqual([6]);
  });
});

describe('a store that is set aside', () => {
  it('is saved to the end by the next start when the first one was killed', () => {
    const file = join(folder, 'store.db');
    const { store } = open(file, 'boot-1');
    for (let seq = 1; seq <= 900; seq += 1) store.append(passages(seq, seq));
    opened.pop()?.close();
    const [aside] = [`${file}.damaged-2027-01-15T08-00-00-000Z`];
    renameSync(file, aside);
    writeFileSync(`${aside}.unsaved`, JSON.stringify({ problem: 'damaged', mark: null }));
    const next = open(file, 'boot-2').store;
    next.append([passageRecord({ seq: 1, boot: 'boot-2' })]);
    while (!next.salvage(500));
    expect(bodies(next)).toHaveLength(901);
    expect(existsSync(`${aside}.unsaved`)).toBe(false);
    expect(existsSync(aside)).toBe(true);
  });

  it('is left alone by those who only look', () => {
    const file = join(folder, 'store.db');
    writeFileSync(file, 'this is not a database, '.repeat(400));
    expect(() => openStore({ file })).toThrow(/damaged/);
    expect(readdirSync(folder)).toEqual(['store.db']);
  });

  it('under way leaves the numbers of gap and audit records behind it', () => {
    const file = join(folder, 'store.db');
    const { store } = open(file, 'boot-2');
    store.giveUp(passages(1, 2));
    store.append(passages(3, 3));
    store.audit.append(FACT);
    const first = gapsIn(store).map(({ seq }) => seq);
    // Larger than what SQLite keeps in memory, and then noise under its hands.
    for (let seq = 4; seq <= 300; seq += 1) store.append(passages(seq, seq));
    store.giveUp(passages(301, 302));
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xa5, 0));
    store.append(passages(303, 303));
    while (!store.salvage(500));
    store.audit.append(FACT);
    const seqs = gapsIn(store).map(({ seq }) => seq);
    expect(first).toEqual([1]);
    expect(seqs).toEqual([...new Set(seqs)]);
    expect(store.audit.read(0, 10).length).toBeGreaterThan(0);
  });
});
