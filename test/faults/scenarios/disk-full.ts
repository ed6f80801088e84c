import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../../fakes/broker-subscriber.ts';
import { type CabinetStatus, deliverAll, offerFolded, startCabinet } from '../cabinet.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { command } from '../programs.ts';
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
