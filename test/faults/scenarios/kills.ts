import { join } from 'node:path';
import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../../fakes/broker-subscriber.ts';
import { seededRandom } from '../../fakes/seeded-random.ts';
import { deliverAll, offerFolded, startCabinet } from '../cabinet.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { kill } from '../programs.ts';
import type { Outcome, Scenario } from '../scenario.ts';

const KILLS = { short: 15, long: 200 };
const LONGEST_LIFE_MS = 900;
/** A window under way, and half of one that is acknowledged and waits for the disk. */
const REPEATS_PER_KILL = 30;

export const kills: Scenario = {
  name: 'kills',
  about:
    'the process is killed at random instants, from its first moment on: the next one goes on where it stopped',
  needs: [],
  async run(stand): Promise<Outcome> {
    const n = stand.long ? KILLS.long : KILLS.short;
    const broker = await startMosquitto();
    stand.leave(() => broker.dispose());
    const platform = await openSubscriber({ url: broker.url, version: 5 });
    stand.leave(() => platform.close());
    const { share } = seededRandom(stand.seed);
    const file = join(stand.folder, 'store.db');
    let storing = 0;
    for (let each = 0; each < n; each += 1) {
      const cabinet = startCabinet(stand, { boot: `boot-${each}`, url: broker.url, file });
      // A fifth dies while it starts: the rest in the midst of traffic.
      if (share() < 0.2) await new Promise((resolve) => setTimeout(resolve, share() * LONGEST_LIFE_MS));
      else {
        await cabinet.once('it works', ({ turns }) => turns > 0);
        await new Promise((resolve) => setTimeout(resolve, share() * LONGEST_LIFE_MS));
        storing += 1;
      }
      await kill(cabinet.running);
    }
    const last = startCabinet(stand, { boot: 'boot-last', url: broker.url, file });
    await last.once('it works', ({ turns }) => turns > 10);
    await last.finish();

    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: n * REPEATS_PER_KILL });
    for (let each = 0; each < n; each += 1) offerFolded(stand, `boot-${each}`, 'killed', oracle);
    offerFolded(stand, 'boot-last', 'finished', oracle);
    deliverAll(platform, oracle);
    const { accepted, delivered, repeated, broken } = oracle.verdict();
    return {
      n,
      seen: `${storing} in the midst of traffic; ${delivered} of ${accepted} records delivered, ${repeated} repeated`,
      broken: [...broken, ...platform.report().invalid.slice(0, 3)],
    };
  },
};
