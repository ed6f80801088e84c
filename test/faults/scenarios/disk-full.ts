import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../../src/store/store.ts';
import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../../fakes/broker-subscriber.ts';
import { type CabinetStatus, deliverAll, offerFolded, startCabinet } from '../cabinet.ts';
import { drain, openKept } from '../kept.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { batchOf } from '../programs/batches.ts';
import { command, untilSoon } from '../programs.ts';
import { type Outcome, type Scenario, type Stand, unless } from '../scenario.ts';

const BOOT = 'boot-full';
const WINDOW = 20;
const TURNS_WHILE_FULL = 100;
const BACKLOG = 600;

/** Another program fills the volume, more than once; the gateway holds its records, and goes on when there is room. */
export const diskFull: Scenario = {
  name: 'disk-full',
  about:
    'another program fills the disk: the gateway goes on detecting, delivers what it has, and resumes by itself',
  needs: ['memory-mounts'],
  async run(stand): Promise<Outcome> {
    const rounds = stand.long ? 10 : 2;
    const disk = await mountSmallDisk(stand);
    const broker = await startMosquitto();
    stand.leave(() => broker.dispose());
    const platform = await openSubscriber({ url: broker.url, version: 5 });
    stand.leave(() => platform.close());
    const cabinet = startCabinet(stand, { boot: BOOT, url: broker.url, file: join(disk, 'store.db') });
    const filler = join(disk, 'filler');
    let heldMost = 0;
    let connectsBefore = 0;
    for (let round = 0; round < rounds; round += 1) {
      await cabinet.once('it is online', ({ uplink }) => uplink === 'online');
      await broker.stop();
      await cabinet.once('a backlog has grown', ({ pending }) => pending > BACKLOG);
      fillUp(filler);
      const full = await cabinet.once('it detects', ({ turns }) => turns > 0);
      const later = await cabinet.once('it detects on', ({ turns }) => turns > full.turns + TURNS_WHILE_FULL);
      // What the store has freed is taken away as well.
      fillUp(filler);
      connectsBefore = later.connects;
      heldMost = Math.max(heldMost, later.waiting);
      await broker.start();
      await cabinet.once('the backlog drains while the disk is full', ({ pending }) => pending < BACKLOG / 4);
      rmSync(filler);
      await cabinet.once('it stores again', ({ problem, waiting }) => problem === null && waiting === 0);
    }
    const last: CabinetStatus = await cabinet.once('it is online', ({ uplink }) => uplink === 'online');
    await cabinet.finish();
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: last.connects * WINDOW });
    offerFolded(stand, BOOT, 'finished', oracle);
    deliverAll(platform, oracle);
    const { accepted, delivered, declared, repeated, broken } = oracle.verdict();
    return {
      n: rounds,
      seen:
        `${delivered} delivered and ${declared} declared of ${accepted} records, up to ${heldMost} held in memory, ` +
        `${repeated} repeated in ${last.connects} connections`,
      broken: [
        ...broken,
        ...unless({
          'nothing is given up in so short a time': last.lost === 0,
          'a full disk does not make it connect again and again': last.connects - connectsBefore < 50,
        }),
      ],
    };
  },
};

/** The gateway starts on a disk that another program has filled before, down to the last byte. */
export const fullFromTheStart: Scenario = {
  name: 'full-from-the-start',
  about:
    'the disk is full before the gateway starts: it starts, stores by letting the oldest go, and recovers',
  needs: ['memory-mounts'],
  async run(stand): Promise<Outcome> {
    const disk = await mountSmallDisk(stand);
    const file = join(disk, 'store.db');
    const filler = join(disk, 'filler');
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
    let turn = 0;
    const storeTurns = (store: Store, turns: number): void => {
      for (const last = turn + turns; turn < last; turn += 1) {
        const records = batchOf(BOOT, turn + 1);
        for (const record of records) oracle.offer(record);
        store.append(records);
        for (const { id } of records) oracle.accept(id);
      }
    };
    const before = openKept(file);
    storeTurns(before, 2000);
    before.close();
    fillUp(filler);
    const store = openKept(file);
    // What opening has freed is taken away as well.
    fillUp(filler);
    storeTurns(store, 2000);
    const evictedWhileFull = store.totals().evicted;
    rmSync(filler);
    await untilSoon('it takes its reserve back', 20_000, () => {
      storeTurns(store, 1);
      return existsSync(`${file}-ballast`) && statSync(`${file}-ballast`).size > 0;
    });
    const { evicted } = store.totals();
    storeTurns(store, 500);
    for (const delivery of drain(store)) oracle.deliver(delivery);
    const evictedInAll = store.totals().evicted;
    store.close();
    const { accepted, delivered, declared, broken } = oracle.verdict();
    return {
      n: 1,
      seen: `${delivered} delivered and ${declared} declared of ${accepted} records, ${evicted} gave way`,
      broken: [
        ...broken,
        ...unless({
          'while the disk is full the oldest give way': evictedWhileFull > 0,
          'and none once the reserve is back': evictedInAll === evicted,
        }),
      ],
    };
  },
};

async function mountSmallDisk(stand: Stand): Promise<string> {
  const disk = join(stand.folder, 'disk');
  mkdirSync(disk);
  await command('mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk);
  stand.leave(() => command('umount', disk));
  return disk;
}

/** Writes until nothing more fits. */
function fillUp(file: string): void {
  const handle = openSync(file, 'a');
  try {
    for (const bytes of [65_536, 4096]) {
      const block = Buffer.alloc(bytes, 1);
      while (fits(handle, block));
    }
  } finally {
    closeSync(handle);
  }
}

function fits(handle: number, block: Buffer): boolean {
  try {
    return writeSync(handle, block) === block.length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}
