import { join } from 'node:path';
import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../../fakes/broker-subscriber.ts';
import { type SeededRandom, seededRandom } from '../../fakes/seeded-random.ts';
import { type Cabinet, type CabinetOptions, deliverAll, offerFolded, startCabinet } from '../cabinet.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { kill, untilSoon } from '../programs.ts';
import type { Outcome, Scenario, Stand } from '../scenario.ts';
import { tampered } from '../tampered.ts';

const KILLS = { short: 15, long: 200 };
const LONGEST_LIFE_MS = 900;
/** A window under way, and half of one that is acknowledged and waits for the disk. */
const REPEATS_PER_KILL = 30;
/** What changes a file below SQLite. */
const DISK_STEPS = 'pwrite64,fsync,fdatasync,ftruncate,unlink,rename';
/** From the first step of a start to some hundred commits. */
const MOST_STEPS = 2000;
const STEP_WITHIN_MS = 180_000;

/** One life of the gateway that ends with SIGKILL. True when it got into the midst of its traffic. */
type Live = (start: (under: readonly string[]) => Cabinet, share: SeededRandom['share']) => Promise<boolean>;

export const kills: Scenario = {
  name: 'kills-at-any-time',
  about:
    'the process is killed at random instants, from its first moment on: the next one goes on where it stopped',
  needs: [],
  run: (stand) =>
    killMany(stand, async (start, share) => {
      const cabinet = start([]);
      // A fifth dies while it starts: the rest in the midst of traffic.
      const starts = share() < 0.2;
      if (!starts) await cabinet.once('it works', ({ turns }) => turns > 0);
      await new Promise((resolve) => setTimeout(resolve, share() * LONGEST_LIFE_MS));
      await kill(cabinet.running);
      return !starts;
    }),
};

export const killsAtDiskSteps: Scenario = {
  name: 'kills-at-disk-steps',
  about:
    'the process is killed at its Nth write, sync, shortening or deletion of a file: the next one goes on where it stopped',
  needs: ['strace'],
  run: (stand) =>
    killMany(stand, async (start, share) => {
      const step = Math.ceil(MOST_STEPS ** share());
      const cabinet = start(tampered(DISK_STEPS, `signal=SIGKILL:when=${step}`));
      await untilSoon(`it comes to step ${step}`, STEP_WITHIN_MS, () => cabinet.isOver());
      return (cabinet.status()?.turns ?? 0) > 0;
    }),
};

async function killMany(stand: Stand, live: Live): Promise<Outcome> {
  const n = stand.long ? KILLS.long : KILLS.short;
  const broker = await startMosquitto();
  stand.leave(() => broker.dispose());
  const platform = await openSubscriber({ url: broker.url, version: 5 });
  stand.leave(() => platform.close());
  const { share } = seededRandom(stand.seed);
  const optionsOf = (boot: string): Omit<CabinetOptions, 'foldedFile'> => ({
    ...{ boot, url: broker.url, file: join(stand.folder, 'store.db') },
  });
  let storing = 0;
  for (let each = 0; each < n; each += 1) {
    const worked = await live((under) => startCabinet(stand, optionsOf(`boot-${each}`), { under }), share);
    if (worked) storing += 1;
  }
  const last = startCabinet(stand, optionsOf('boot-last'));
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
}
