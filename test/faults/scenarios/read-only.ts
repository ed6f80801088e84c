import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../../fakes/broker-subscriber.ts';
import { deliverAll, offerFolded, startCabinet } from '../cabinet.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { makeLoopImage, mountAgain } from '../loop-image.ts';
import { command, kill } from '../programs.ts';
import { type Outcome, type Scenario, unless } from '../scenario.ts';

const WINDOW = 20;
const TURNS_ON = 100;

/** ext4 finds an error and goes read-only under the open store, as a failing card makes it. */
export const readOnly: Scenario = {
  name: 'read-only',
  about: 'the file system goes read-only: detection goes on, and after a repair nothing promised is missing',
  needs: ['loop-mounts', 'ext4-errors'],
  async run(stand): Promise<Outcome> {
    const n = stand.long ? 10 : 1;
    const broker = await startMosquitto();
    stand.leave(() => broker.dispose());
    const platform = await openSubscriber({ url: broker.url, version: 5 });
    stand.leave(() => platform.close());
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
    let connects = 0;
    let held = 0;
    let disk = await makeLoopImage(stand, {
      ...{ kind: 'ext4', folder: stand.folder, name: 'disk', megabytes: 64, mount: 'errors=remount-ro' },
    });
    for (let each = 0; each < n; each += 1) {
      const boot = `boot-ro-${each}`;
      const cabinet = startCabinet(stand, { boot, url: broker.url, file: join(disk.place, 'store.db') });
      await cabinet.once('it works', ({ turns, uplink }) => turns > 50 && uplink === 'online');
      await breakFileSystem(disk.place);
      const refused = await cabinet.once('the store refuses', ({ problem }) => problem !== null);
      const later = await cabinet.once('it detects on', ({ turns }) => turns > refused.turns + TURNS_ON);
      connects += later.connects + 1;
      held = Math.max(held, later.waiting);
      await kill(cabinet.running);
      await disk.unmount();
      // 1: errors corrected (e2fsck(8), exit code).
      await command('sh', '-c', 'e2fsck -fp "$1" >/dev/null || [ $? -le 1 ]', 'e2fsck', disk.image);
      disk = await mountAgain(stand, disk, 'errors=remount-ro');
      offerFolded(stand, boot, 'killed', oracle);
    }
    const boot = 'boot-repaired';
    const last = startCabinet(stand, { boot, url: broker.url, file: join(disk.place, 'store.db') });
    await last.once('it works', ({ turns, uplink }) => turns > 20 && uplink === 'online');
    await last.finish();
    offerFolded(stand, boot, 'finished', oracle);
    deliverAll(platform, oracle);
    const { accepted, delivered, broken } = oracle.verdict({ repeatsAllowed: (connects + 1) * WINDOW * 1.5 });
    return {
      n,
      seen: `${delivered} of ${accepted} records delivered, up to ${held} held in memory`,
      broken: [...broken, ...unless({ 'what is folded waits in memory': held > TURNS_ON })],
    };
  },
};

/** Has the kernel find an error (Documentation/ABI/testing/sysfs-fs-ext4, trigger_fs_error). */
async function breakFileSystem(mountedAt: string): Promise<void> {
  const device = basename((await command('findmnt', '-n', '-o', 'SOURCE', mountedAt)).trim());
  const known = readdirSync('/sys/fs/ext4');
  if (!known.includes(device)) throw new Error(`${device} is not among ${known.join(', ')}`);
  writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
}
