import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { passageRecord } from '../../test/fakes/records.ts';
import type { Clock } from '../base/clock.ts';
import type { StreamName } from '../traffic/stored-record.ts';
import type { OutboxRow } from './outbox.ts';
import { openStore, type Store } from './store.ts';

const STREAMS: ReadonlySet<StreamName> = new Set(['passage']);
const NOW_MS = 1_800_000_000_000;
const clock: Clock = { now: () => ({ monoMs: 0, wallMs: NOW_MS, quality: 'synced' }), monoMs: () => 0 };

let folder: string;
let store: Store;

function open(): Store {
  return openStore({
    file: join(folder, 'store.db'),
    upstreams: ['platform', 'transport'].map((name) => ({ name, streams: STREAMS })),
    origin: { site: 'renmin-lu-3', boot: 'boot-9', configRev: 'rev' },
    clock,
  });
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-given-up-'));
  store = open();
  store.append([1, 2, 3].map((seq) => passageRecord({ seq })));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function waiting(upstream: string, relayClass: 1 | 3): readonly OutboxRow[] {
  return store.outbox(upstream).pending({ class: relayClass, after: 0, limit: 10 });
}
function giveUpTheSecond(): void {
  const [, second] = waiting('platform', 3);
  if (second === undefined) throw new Error('nothing waits');
  store.outbox('platform').giveUp(second);
}
const passagesFor = (upstream: string): readonly number[] =>
  waiting(upstream, 3).map(({ body }) => Number(JSON.parse(body).seq));

it('a record given up for one upstream is declared to all, and still goes to the others', () => {
  giveUpTheSecond();
  expect(passagesFor('platform')).toEqual([1, 3]);
  expect(passagesFor('transport')).toEqual([1, 2, 3]);
  for (const upstream of ['platform', 'transport']) {
    expect(waiting(upstream, 1).map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        ...{ stream: 'gap', upstream: 'platform', reason: 'oversized', count: 1 },
        ranges: [{ boot: 'boot-1', stream: 'passage', fromSeq: 2, toSeq: 2 }],
      },
    ]);
  }
});

it('it counts once, also after a restart, and also when it is given up twice', () => {
  const [, second] = waiting('platform', 3);
  giveUpTheSecond();
  store.close();
  store = open();
  const totals = () => store.totals().upstreams.map(({ evicted, pending }) => [evicted, pending]);
  expect(totals()).toEqual([
    [1, 3],
    [0, 4],
  ]);
  if (second !== undefined) store.outbox('platform').giveUp(second);
  expect(store.totals().evicted).toBe(1);
});

it('it stays in the ledger, from where it can be asked for again', () => {
  giveUpTheSecond();
  store.requeue({ upstream: 'platform', fromMs: 0, toMs: NOW_MS + 1, limit: 100 });
  expect(passagesFor('platform')).toEqual([1, 2, 3]);
});
