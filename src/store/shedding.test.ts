import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowRecord, hiResRecord, incidentRecord, passageRecord } from '../../test/fakes/records.ts';
import type { Clock } from '../base/clock.ts';
import { RoadsideError } from '../base/errors.ts';
import type { GapRecord, StoredRecord, StreamName } from '../traffic/stored-record.ts';
import type { OutboxRow } from './outbox.ts';
import { RELAY_CLASSES } from './relay-class.ts';
import { openStore, type Store, type StoreOptions } from './store.ts';

const DAY_MS = 86_400_000;
const ORIGIN = { site: 'renmin-lu-3', boot: 'boot-9', configRev: 'rev' };
const EVERYTHING: ReadonlySet<StreamName> = new Set(['passage', 'flow', 'incident', 'fault', 'hires', 'gap']);
/** Room for some hundred records. */
const MAX_PAGES = 70;

let folder: string;
let store: Store;
let wallMs: number;
const clock: Clock = { now: () => ({ monoMs: 0, wallMs, quality: 'synced' }), monoMs: () => 0 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-shedding-'));
  wallMs = 1_800_000_000_000;
  store = open();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function open(over: Partial<StoreOptions> = {}): Store {
  return openStore({
    file: join(folder, `store-${Math.random()}.db`),
    upstreams: [{ name: 'platform', streams: EVERYTHING }],
    ...{ origin: ORIGIN, maxPages: MAX_PAGES, coarsestFlowS: 3600, clock },
    ...over,
  });
}

function waiting(of: Store, upstream = 'platform'): readonly OutboxRow[] {
  const outbox = of.outbox(upstream);
  return RELAY_CLASSES.flatMap((each) => outbox.pending({ class: each, after: 0, limit: 100_000 }));
}

/** The ids that gap records name to an upstream. */
function declared(of: Store, upstream = 'platform', reason?: string): readonly string[] {
  const gaps = waiting(of, upstream).flatMap(({ stream, body }) =>
    stream === 'gap' ? [JSON.parse(body) as GapRecord] : [],
  );
  const own = gaps.filter((gap) => gap.upstream === upstream && (reason ?? gap.reason) === gap.reason);
  return own.flatMap(({ ranges }) =>
    ranges.flatMap(({ boot, stream, fromSeq, toSeq }) =>
      Array.from(
        { length: toSeq - fromSeq + 1 },
        (_, index) => `renmin-lu-3/${boot}/${stream}/${fromSeq + index}`,
      ),
    ),
  );
}

/** In transactions as a busy site's tick makes them. */
function appendAll(records: readonly StoredRecord[], to = store): void {
  for (let from = 0; from < records.length; from += 10) to.append(records.slice(from, from + 10));
}

const streamOf = (id: string): string => id.split('/')[2] ?? '';
const many = <T>(count: number, make: (seq: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index + 1));

describe('a store without room', () => {
  it('accounts for every record: it waits, or it is declared missing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('passage', 'flow', 'incident', 'hires'), { minLength: 500, maxLength: 900 }),
        (streams) => {
          const seqs = new Map<string, number>();
          const records = streams.map((stream) => {
            const seq = (seqs.get(stream) ?? 0) + 1;
            seqs.set(stream, seq);
            const make = {
              passage: passageRecord,
              flow: flowRecord,
              incident: incidentRecord,
              hires: hiResRecord,
            };
            return make[stream]({ seq });
          });
          const full = open();
          try {
            appendAll(records, full);
            const gone = declared(full);
            const left = waiting(full)
              .filter(({ stream }) => stream !== 'gap')
              .map(({ id }) => id);
            expect(gone.length).toBeGreaterThan(0);
            expect(new Set(gone).size).toBe(gone.length);
            const told = gone.filter((id) => streamOf(id) !== 'gap');
            expect([...told, ...left].toSorted()).toEqual(records.map(({ id }) => id).toSorted());
            expect(full.totals()).toMatchObject({ evicted: gone.length });
          } finally {
            full.close();
          }
        },
      ),
      { numRuns: 10, seed: 20261123, endOnFailure: true },
    );
  });

  it('gives up the high-resolution log before flow, flow before incidents, each from its oldest', () => {
    appendAll(many(40, (seq) => incidentRecord({ seq })));
    appendAll(many(100, (seq) => hiResRecord({ seq })));
    for (let seq = 1; store.totals().evicted === 0 && seq < 5000; seq += 1)
      store.append([passageRecord({ seq })]);
    const gone = declared(store);
    expect(gone).toEqual(many(gone.length, (seq) => hiResRecord({ seq }).id));
    appendAll(many(1500, (seq) => passageRecord({ seq: 1000 + seq })));
    expect(waiting(store).filter(({ stream }) => stream === 'incident')).toHaveLength(40);
    expect(waiting(store).some(({ stream }) => stream === 'hires')).toBe(false);
  });

  it('lets go of what the platform has before anything that waits', () => {
    appendAll(many(250, (seq) => passageRecord({ seq })));
    store.outbox('platform').acknowledge(waiting(store).map(({ position }) => position));
    appendAll(many(250, (seq) => incidentRecord({ seq })));
    expect(declared(store)).toEqual([]);
    expect(waiting(store)).toHaveLength(250);
    expect(store.readLedger({ limit: 1000 }).length).toBeLessThan(500);
  });

  it('thins fine intervals of days ago before it gives up a coarse one', () => {
    const fine = many(200, (seq) => ({ ...flowRecord({ seq }), widthS: 60 }));
    const coarse = many(30, (seq) => ({ ...flowRecord({ seq: 1000 + seq }), widthS: 3600 }));
    appendAll(fine.flatMap((record, index) => [record, ...coarse.slice(index, index + 1)]));
    wallMs += 2 * DAY_MS;
    appendAll(many(150, (seq) => incidentRecord({ seq })));
    const gone = declared(store);
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.filter((id) => coarse.some((record) => record.id === id))).toEqual([]);
  });

  it('tells each upstream only what that one has lost', () => {
    store.close();
    store = open({
      upstreams: [
        { name: 'platform', streams: EVERYTHING },
        { name: 'transport', streams: new Set(['flow', 'gap']) },
      ],
    });
    const transport = store.outbox('transport');
    for (let from = 0; from < 700; from += 10) {
      store.append(many(10, (seq) => flowRecord({ seq: from + seq })));
      const has = transport.pending({ class: 3, after: 0, limit: 10 }).map(({ position }) => position);
      transport.acknowledge(has);
    }
    expect(declared(store, 'platform').length).toBeGreaterThan(0);
    expect(declared(store, 'transport')).toEqual([]);
    const { upstreams } = store.totals();
    expect(upstreams.find(({ upstream }) => upstream === 'transport')).toMatchObject({
      acknowledged: 700,
      evicted: 0,
    });
  });

  it('lets more go at once where what goes frees no page for its declaration', () => {
    const makers = [hiResRecord, passageRecord, flowRecord, incidentRecord];
    const mixed = many(900, (seq) => (makers[seq % 4] ?? flowRecord)({ seq }));
    appendAll(mixed);
    const gone = declared(store);
    const told = gone.filter((id) => streamOf(id) !== 'gap');
    const left = waiting(store).filter(({ stream }) => stream !== 'gap');
    expect(told.length).toBeGreaterThan(0);
    expect(told.length + left.length).toBe(mixed.length);
  });

  it('refuses only when nothing is left that could go, and says so', () => {
    store.close();
    store = open({ maxPages: 20 });
    const huge = { ...hiResRecord({ seq: 1 }), entries: many(20_000, () => [0, 82, 1] as const) };
    expect(() => store.append([huge])).toThrow(RoadsideError);
    store.append([incidentRecord({ seq: 1 })]);
    expect(waiting(store).map(({ stream }) => stream)).toEqual(['incident']);
  });

  it('hands on what a gap record declared when that has to go itself', () => {
    appendAll(many(4000, (seq) => incidentRecord({ seq })));
    const gone = declared(store);
    const left = waiting(store)
      .filter(({ stream }) => stream === 'incident')
      .map(({ id }) => id);
    expect([...gone.filter((id) => streamOf(id) === 'incident'), ...left]).toHaveLength(4000);
  });
});

describe('records that memory could not hold until the store took them', () => {
  it('are declared with the next that are stored, to those who would have got them', () => {
    store.giveUp([passageRecord({ seq: 1 }), passageRecord({ seq: 2 })]);
    expect(waiting(store)).toEqual([]);
    store.append([passageRecord({ seq: 3 })]);
    expect(declared(store, 'platform', 'unstored')).toEqual([
      passageRecord({ seq: 1 }).id,
      passageRecord({ seq: 2 }).id,
    ]);
    store.append([passageRecord({ seq: 4 })]);
    expect(waiting(store).filter(({ stream }) => stream === 'gap')).toHaveLength(1);
  });
});
