import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../fakes/broker.ts';
import { driveOneCar } from '../fakes/one-car.ts';
import { hasCounted, isReading, type OneCardSite, openOneCardSite } from '../fakes/one-card-site.ts';

const FAKETIME = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));
const DAY_MS = 86_400_000;

let site: OneCardSite;
beforeEach(async () => {
  site = await openOneCardSite();
});
afterEach(() => site.close());

/** The wall clock of the gateway's machine is `offsetMs` off from now on; its monotonic clock is not touched. */
function setClock(offsetMs: number): void {
  // Read at each look at the clock: it must never be half written.
  const seconds = Math.abs(Math.round(offsetMs / 1000));
  writeFileSync(join(site.folder, 'offset.new'), `${offsetMs < 0 ? '-' : '+'}${seconds}`);
  renameSync(join(site.folder, 'offset.new'), join(site.folder, 'offset'));
}

function start(): void {
  site.start({
    LD_PRELOAD: FAKETIME ?? '',
    FAKETIME_TIMESTAMP_FILE: join(site.folder, 'offset'),
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
}

describe.skipIf(FAKETIME === undefined)('the gateway on a machine (needs libfaketime)', () => {
  test('that starts in 1970 delivers what it measured before the clock was set with its true time', async () => {
    setClock(3_600_000 - Date.now());
    start();
    await site.overviewOnce(isReading);
    const fromMs = Date.now();
    for (let car = 0; car < 3; car += 1) await driveOneCar(site.cards);
    await site.overviewOnce(hasCounted(3));
    const toMs = Date.now();
    await until(() => site.received('fault').some(({ code }) => code === 'unsynced'));
    // Faults do not wait; vehicles do.
    expect(site.received('fault')).toEqual([expect.objectContaining({ clock: 'unsynced', phase: 'open' })]);
    expect(Number(site.received('fault')[0]?.['observedAtMs'])).toBeLessThan(DAY_MS);
    expect(site.received('passage')).toEqual([]);

    setClock(0);
    await until(() => site.received('passage').length >= 3);
    for (const { observedAtMs, clock } of site.received('passage')) {
      expect(clock).toBe('restamped');
      // libfaketime counts in whole seconds.
      expect(Number(observedAtMs)).toBeGreaterThan(fromMs - 2000);
      expect(Number(observedAtMs)).toBeLessThan(toMs + 2000);
    }
    const again = { code: 'unsynced', phase: 'open', clock: 'restamped' };
    await until(() => site.received('fault').some((fault) => isLike(fault, again)));
    await until(() => site.received('flow').length > 0);
    for (const { startMs, endMs } of site.received('flow')) {
      expect(Number(startMs)).toBeGreaterThan(fromMs - 60_000);
      expect(Number(endMs)).toBeGreaterThan(Number(startMs));
    }
    await site.overviewOnce(({ faults }) => faults.some(({ code }) => code === 'stepped'));
    expect(site.platform.report()).toMatchObject({ gaps: [], invalid: [] });
  });

  test('that starts in 1970 and loses the gateway by kill -9 before the clock is set puts its records right all the same', async () => {
    setClock(3_600_000 - Date.now());
    start();
    await site.overviewOnce(isReading);
    const fromMs = Date.now();
    await driveOneCar(site.cards);
    await site.overviewOnce(({ store, faults }) => store.stored >= 3 && faults.some(isUnsynced));
    const toMs = Date.now();
    await site.stop('SIGKILL');
    setClock(0);
    start();
    await until(() => site.received('passage').length > 0);
    const [passage] = site.received('passage');
    expect(passage).toMatchObject({ clock: 'restamped' });
    expect(Number(passage?.['observedAtMs'])).toBeGreaterThan(fromMs - 2000);
    expect(Number(passage?.['observedAtMs'])).toBeLessThan(toMs + 2000);
    expect(site.platform.report()).toMatchObject({ invalid: [] });
  });

  test('whose clock goes back a day and forward an hour loses nothing and mixes nothing up', async () => {
    setClock(0);
    start();
    await site.overviewOnce(isReading);
    let cars = 0;
    for (const offsetMs of [0, -DAY_MS, 3_600_000]) {
      setClock(offsetMs);
      await driveOneCar(site.cards);
      cars += 1;
      await site.overviewOnce(hasCounted(cars));
    }
    await until(() => site.received('passage').length === cars);
    await site.stop();
    await until(() => site.received('flow').length >= 3);
    // Each step ends an interval; none spans one.
    for (const { startMs, endMs } of site.received('flow')) {
      const widthMs = Number(endMs) - Number(startMs);
      expect(widthMs).toBeGreaterThan(0);
      expect(widthMs).toBeLessThanOrEqual(10_000);
    }
    const total = site.received('flow').reduce((sum, { count }) => sum + Number(count ?? 0), 0);
    expect(total).toBe(cars);
    expect(site.received('fault').some((fault) => isLike(fault, { code: 'stepped', phase: 'open' }))).toBe(
      true,
    );
    expect(site.platform.report()).toMatchObject({ gaps: [], disordered: [], invalid: [], duplicates: 0 });
  });
});

const isUnsynced = ({ code }: { readonly code: string }): boolean => code === 'unsynced';

function isLike(payload: Readonly<Record<string, unknown>>, of: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(of).every(([key, value]) => payload[key] === value);
}
