import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultRecord, flowRecord, incidentRecord, passageRecord } from '../../test/fakes/records.ts';
import { createClock } from '../base/clock.ts';
import type { StoredRecord } from '../traffic/stored-record.ts';
import { exampleRecords } from '../uplink/payloads/contract-examples.ts';
import { restamped } from './restamped.ts';
import { HOLD_UNSTAMPED_MS } from './restamping.ts';
import { openStore, type Store } from './store.ts';

const TRUE_MS = Date.UTC(2026, 2, 4, 7);
/** The machine was started 100 s ago and believes that it is 1970. */
const SHIFT_MS = TRUE_MS - 100_000;
const WRONG_FROM_MS = 0;

/** Every number in a record that is a moment on the wall clock of our time. */
function moments(value: unknown, path = ''): readonly [string, number][] {
  if (typeof value === 'number')
    return value > Date.UTC(2020, 0, 1) && value < Date.UTC(2035, 0, 1) ? [[path, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => moments(part, `${path}.${key}`));
}

describe('putting a record right', () => {
  const correction = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2026, 11, 31), shiftMs: 1000 };
  const streams = Object.values(exampleRecords).filter(({ stream }) => stream !== 'audit');

  test.each(streams)('moves every moment of a $stream, nothing else, and marks it', (record) => {
    const right = restamped(record, correction);
    expect(moments(record).length).toBeGreaterThan(0);
    expect(moments(right)).toEqual(moments(record).map(([path, ms]) => [path, ms + 1000]));
    expect(Object.keys(right ?? {})).toEqual(Object.keys(record));
    expect({ ...right, clock: record.clock }).toEqual(
      restamped({ ...record }, correction) && { ...right, clock: 'synced' },
    );
    expect(right?.clock).toBe('restamped');
  });

  test('leaves a record alone whose stamps are from elsewhere, and one moment of it as well', () => {
    const elsewhere = { ...correction, toMs: Date.UTC(2026, 0, 2) };
    expect(restamped(exampleRecords.flow, elsewhere)).toBeNull();
    const { fault } = exampleRecords;
    const opened = { ...fault, openedAtMs: Date.UTC(2025, 5, 1) };
    expect(restamped(opened, correction)).toMatchObject({
      openedAtMs: opened.openedAtMs,
      observedAtMs: opened.observedAtMs + 1000,
    });
  });
});

describe('a store whose machine did not know the time', () => {
  let folder: string;
  let file: string;
  let store: Store;
  const time = { monoMs: 100_000, offsetMs: WRONG_FROM_MS };
  const clock = createClock({
    source: () => 'synced',
    monoMs: () => time.monoMs,
    wallMs: () => time.monoMs + time.offsetMs,
  });
  const unset = { machineBoot: 'm1', fromMs: WRONG_FROM_MS };
  /** As the fold stamps it now. */
  const now = <R extends StoredRecord>(record: R): R => ({
    ...record,
    observedAtMs: clock.now().wallMs,
    clock: clock.now().quality,
  });
  const open = (): Store =>
    openStore({
      file,
      upstreams: [{ name: 'platform', streams: new Set(['incident', 'passage', 'fault', 'flow']) }],
      clock,
    });
  const waiting = (): readonly StoredRecord[] =>
    ([1, 2, 3, 4] as const).flatMap((each) =>
      store
        .outbox('platform')
        .pending({ class: each, after: 0, limit: 100 })
        .map(({ body }) => JSON.parse(body)),
    );
  const setClock = (): void => {
    time.offsetMs = SHIFT_MS;
    store.restamping.correct({ shiftMs: SHIFT_MS - WRONG_FROM_MS, toMs: WRONG_FROM_MS + time.monoMs });
  };

  beforeEach(() => {
    Object.assign(time, { monoMs: 100_000, offsetMs: WRONG_FROM_MS });
    folder = mkdtempSync(join(tmpdir(), 'roadside-restamp-'));
    file = join(folder, 'store.db');
    store = open();
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  test('holds back what is not urgent, and hands it out with its true stamps', () => {
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 1 })), now(incidentRecord({ seq: 1 }))]);
    expect(waiting().map(({ stream }) => stream)).toEqual(['incident']);
    time.monoMs += 5000;
    setClock();
    expect(waiting()).toHaveLength(1);
    expect(store.restamping.step(100)).toBe(true);
    expect(
      waiting().map(({ stream, observedAtMs, clock: quality }) => ({ stream, observedAtMs, quality })),
    ).toEqual([
      { stream: 'incident', observedAtMs: TRUE_MS, quality: 'restamped' },
      { stream: 'passage', observedAtMs: TRUE_MS, quality: 'restamped' },
    ]);
    const [row] = store.readLedger({ limit: 1 });
    expect(row?.madeAtMs).toBe(TRUE_MS);
    expect(store.restamping.unset()).toBeNull();
  });

  test('sends again what went out with the wrong stamps, under the same id', () => {
    store.restamping.begin(unset, { hold: true });
    const outbox = store.outbox('platform');
    store.append([now(incidentRecord({ seq: 1 }))]);
    outbox.acknowledge([1]);
    const before = outbox.generation;
    setClock();
    store.restamping.step(100);
    expect(waiting()).toEqual([
      expect.objectContaining({ id: incidentRecord({ seq: 1 }).id, clock: 'restamped' }),
    ]);
    expect(store.outbox('platform').generation).toBeGreaterThan(before);
  });

  test('does not hold anything back for ever', () => {
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 1 }))]);
    time.monoMs += HOLD_UNSTAMPED_MS - 1;
    expect(waiting()).toEqual([]);
    time.monoMs += 1;
    expect(waiting()).toEqual([expect.objectContaining({ clock: 'unsynced' })]);
  });

  test('leaves alone what was stored before and after', () => {
    time.offsetMs = SHIFT_MS - 86_400_000;
    store.append([now(passageRecord({ seq: 1 }))]);
    time.offsetMs = WRONG_FROM_MS;
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 2 }))]);
    setClock();
    store.append([now(passageRecord({ seq: 3 }))]);
    store.restamping.step(100);
    expect(waiting().map(({ seq, clock: quality }) => [seq, quality === 'restamped'])).toEqual([
      ...[[1, false]],
      ...[[2, true]],
      ...[[3, false]],
    ]);
  });

  test('goes on in small steps, over restarts, and neither loses nor repeats a step', () => {
    store.restamping.begin(unset, { hold: true });
    for (let seq = 1; seq <= 25; seq += 1) store.append([now(flowRecord({ seq }))]);
    setClock();
    expect(store.restamping.step(10)).toBe(false);
    store.close();
    store = open();
    // What is right already need not wait for the rest.
    expect(waiting()).toHaveLength(10);
    expect(store.restamping.step(10)).toBe(false);
    expect(store.restamping.step(10)).toBe(true);
    expect(waiting()).toHaveLength(25);
    expect(new Set(waiting().map(({ observedAtMs }) => observedAtMs))).toEqual(new Set([TRUE_MS]));
  });

  test('knows after a restart since when the clock of the same machine was wrong', () => {
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 1 }))]);
    store.close();
    store = open();
    expect(store.restamping.unset()).toEqual(unset);
    store.restamping.begin(unset, { hold: true });
    setClock();
    store.restamping.step(100);
    expect(waiting()).toEqual([expect.objectContaining({ clock: 'restamped' })]);
  });

  test('forgets a clock of an earlier start of the machine: nobody will ever know its error', () => {
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 1 }))]);
    store.restamping.begin({ machineBoot: 'm2', fromMs: WRONG_FROM_MS }, { hold: true });
    store.append([now(passageRecord({ seq: 2 }))]);
    setClock();
    store.restamping.step(100);
    expect(waiting().map(({ clock: quality }) => quality)).toEqual(['unsynced', 'restamped']);
  });

  test('prunes nothing by stamps that are not right yet', () => {
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 1 }))]);
    store.outbox('platform').acknowledge([1]);
    setClock();
    const beforeMs = TRUE_MS - 86_400_000;
    expect(store.prune({ beforeMs, limit: 10 })).toBe(0);
    store.restamping.step(100);
    expect(store.prune({ beforeMs, limit: 10 })).toBe(0);
    expect(store.prune({ beforeMs: TRUE_MS + 1000, limit: 10 })).toBe(0);
  });

  test('remembers an open fault by its true moment', () => {
    store.restamping.begin(unset, { hold: true });
    const { fault } = exampleRecords;
    store.append([now({ ...fault, ...faultRecord({ seq: 1 }), openedAtMs: clock.now().wallMs })]);
    setClock();
    store.restamping.step(100);
    expect(store.openFaults()).toEqual([
      expect.objectContaining({ openedAtMs: TRUE_MS, clock: 'restamped' }),
    ]);
  });

  test('holds nothing back of a clock that is only unproven, prunes by it, and puts it right all the same', () => {
    time.offsetMs = SHIFT_MS - 60_000;
    const slow = { machineBoot: 'm1', fromMs: time.offsetMs };
    store.restamping.begin(slow, { hold: false });
    store.append([now(passageRecord({ seq: 1 })), now(passageRecord({ seq: 2 }))]);
    expect(waiting()).toHaveLength(2);
    store.outbox('platform').acknowledge([1, 2]);
    expect(store.prune({ beforeMs: TRUE_MS, limit: 1 })).toBe(1);
    const toMs = time.offsetMs + time.monoMs;
    time.offsetMs = SHIFT_MS;
    store.restamping.correct({ shiftMs: 60_000, toMs });
    store.restamping.step(100);
    expect(waiting()).toEqual([
      expect.objectContaining({ seq: 2, clock: 'restamped', observedAtMs: TRUE_MS }),
    ]);
  });

  test('forgets a clock that was right', () => {
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 1 }))]);
    store.restamping.forget();
    expect(store.restamping.unset()).toBeNull();
    expect(waiting()).toEqual([expect.objectContaining({ clock: 'unsynced' })]);
  });

  test('finishes one correction before another clock is doubted', () => {
    store.restamping.begin(unset, { hold: true });
    for (let seq = 1; seq <= 3; seq += 1) store.append([now(passageRecord({ seq }))]);
    setClock();
    store.restamping.step(2);
    expect(store.restamping.begin({ machineBoot: 'm1', fromMs: SHIFT_MS }, { hold: false })).toBe(false);
    store.restamping.step(2);
    expect(store.restamping.begin({ machineBoot: 'm1', fromMs: SHIFT_MS }, { hold: false })).toBe(true);
    expect(waiting().map(({ clock: quality }) => quality)).toEqual(Array(3).fill('restamped'));
  });

  test('holds nothing back for ever either when the stamps cannot be put right', () => {
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 1 }))]);
    setClock();
    time.monoMs += HOLD_UNSTAMPED_MS;
    expect(waiting()).toHaveLength(1);
  });

  test.each([
    ['says something else', `replace(body, '47.3', '97.3')`],
    ['is no record any more', `replace(body, '47.3', '}{')`],
  ])('does not give a damaged row that %s a sum that fits', (_what, damage) => {
    store.restamping.begin(unset, { hold: true });
    store.append([now(passageRecord({ seq: 1 })), now(passageRecord({ seq: 2 }))]);
    store.close();
    const raw = new Sqlite(file);
    raw.prepare(`UPDATE ledger SET body = ${damage} WHERE position = 1`).run();
    raw.close();
    store = open();
    setClock();
    store.restamping.step(100);
    expect(waiting().map(({ stream, seq }) => `${stream} ${seq}`)).toEqual(['passage 2']);
  });
});
