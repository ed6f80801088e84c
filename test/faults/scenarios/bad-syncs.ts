import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber } from '../../fakes/broker-subscriber.ts';
import { deliverAll, offerFolded, startCabinet } from '../cabinet.ts';
import { createLedgerOracle, type LedgerOracle } from '../ledger-oracle.ts';
import { kill } from '../programs.ts';
import { type Outcome, type Scenario, type Stand, unless } from '../scenario.ts';
import { tampered } from '../tampered.ts';

const WINDOW = 20;
/** The store's opening needs fewer. */
const FIRST_BAD_SYNC = 60;
const SLOW_US = 300_000;
/** Of a gateway that the watchdog would call hung. */
const TURN_OVERDUE_MS = 5000;

/** The program under strace, which answers its syncs in the disk's place. */
const syncs = (how: string): readonly string[] => tampered('fsync,fdatasync', how);

interface Place {
  readonly url: string;
  readonly file: string;
  readonly platform: PlatformSubscriber;
}

async function place(stand: Stand): Promise<Place> {
  const broker = await startMosquitto();
  stand.leave(() => broker.dispose());
  const platform = await openSubscriber({ url: broker.url, version: 5 });
  stand.leave(() => platform.close());
  return { url: broker.url, file: join(stand.folder, 'store.db'), platform };
}

function verdictOf(oracle: LedgerOracle, platform: PlatformSubscriber, connects: number) {
  deliverAll(platform, oracle);
  return oracle.verdict({ repeatsAllowed: connects * WINDOW * 1.5 });
}

const storedOf = (stand: Stand, boot: string): number =>
  readFileSync(join(stand.folder, `folded-${boot}`), 'utf8').split('\nS').length - 1;

export const syncFailsOnce: Scenario = {
  name: 'sync-fails-once',
  about: 'one sync fails: what was in it is stored again, and nothing is missing',
  needs: ['strace'],
  async run(stand): Promise<Outcome> {
    const n = stand.long ? 20 : 2;
    const { url, file, platform } = await place(stand);
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
    let connects = 0;
    for (let each = 0; each < n; each += 1) {
      const boot = `boot-once-${each}`;
      const under = syncs(`error=EIO:when=${FIRST_BAD_SYNC + each * 7}`);
      const cabinet = startCabinet(stand, { boot, url, file }, { under });
      await cabinet.once(
        'it works',
        ({ turns, problem }) => turns > FIRST_BAD_SYNC + each * 7 + 60 && problem === null,
      );
      connects += (await cabinet.once('it is online', ({ uplink }) => uplink === 'online')).connects;
      await cabinet.finish();
      offerFolded(stand, boot, 'finished', oracle);
    }
    const { accepted, delivered, broken } = verdictOf(oracle, platform, connects + n);
    return { n, seen: `${delivered} of ${accepted} records delivered, ${connects} connections`, broken };
  },
};

export const syncFailsForEver: Scenario = {
  name: 'sync-fails-for-ever',
  about:
    'every sync fails from some moment on: nothing is promised any more, detection goes on, nothing promised is lost',
  needs: ['strace'],
  async run(stand): Promise<Outcome> {
    const { url, file, platform } = await place(stand);
    const cabinet = startCabinet(
      stand,
      { boot: 'boot-bad', url, file },
      { under: syncs(`error=EIO:when=${FIRST_BAD_SYNC}+`) },
    );
    const refused = await cabinet.once('the store refuses', ({ problem }) => problem !== null);
    const stored = storedOf(stand, 'boot-bad');
    const later = await cabinet.once('it detects on', ({ turns }) => turns > refused.turns + 100);
    const promisedMeanwhile = storedOf(stand, 'boot-bad') - stored;
    await kill(cabinet.running);
    const next = startCabinet(stand, { boot: 'boot-good', url, file });
    await next.once('it works', ({ turns, uplink }) => turns > 20 && uplink === 'online');
    await next.finish();
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
    offerFolded(stand, 'boot-bad', 'killed', oracle);
    offerFolded(stand, 'boot-good', 'finished', oracle);
    const { accepted, delivered, broken } = verdictOf(oracle, platform, later.connects + 2);
    return {
      n: later.turns - refused.turns,
      seen: `${delivered} of ${accepted} records delivered, ${later.waiting} held in memory, ${later.connects} connections`,
      broken: [
        ...broken,
        ...unless({
          'nothing is promised after a failed sync': promisedMeanwhile === 0,
          'what is folded waits in memory': later.waiting > 100,
        }),
      ],
    };
  },
};

export const slowSyncs: Scenario = {
  name: 'slow-syncs',
  about:
    'each sync takes 0.3 s longer: the gateway keeps up, and its turns stay far from the watchdog’s limit',
  needs: ['strace'],
  async run(stand): Promise<Outcome> {
    const { url, file, platform } = await place(stand);
    const cabinet = startCabinet(
      stand,
      { boot: 'boot-slow', url, file },
      { under: syncs(`delay_enter=${SLOW_US}`) },
    );
    const turns = stand.long ? 400 : 20;
    const status = await cabinet.once(
      'it works',
      (each) => each.turns > turns && each.uplink === 'online',
      300_000,
    );
    await cabinet.finish(120_000);
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
    offerFolded(stand, 'boot-slow', 'finished', oracle);
    const { accepted, delivered, broken } = verdictOf(oracle, platform, status.connects);
    return {
      n: status.turns,
      seen: `${delivered} of ${accepted} records delivered, longest turn ${status.longestTurnMs.toFixed(0)} ms`,
      broken: [...broken, ...unless({ 'no turn takes 5 s': status.longestTurnMs < TURN_OVERDUE_MS })],
    };
  },
};
