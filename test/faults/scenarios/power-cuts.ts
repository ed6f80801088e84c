import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { streamPlaceOf } from '../../../src/store/seq-ranges.ts';
import { seededRandom } from '../../fakes/seeded-random.ts';
import { drain, openKept } from '../kept.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { cutPower, type FileSystem, type LoopImage, makeLoopImage } from '../loop-image.ts';
import { batchOf } from '../programs/batches.ts';
import { kill, program, type Running, startNode, untilSoon } from '../programs.ts';
import { createPromiseReader } from '../promises.ts';
import { type Outcome, type Scenario, type Stand, unless } from '../scenario.ts';

const CUTS = { short: 150, long: 1000 };
const CONTROL_CUTS = 12;
/** A writer begins anew with an empty store after so many cuts, so that each check stays short. */
const CUTS_PER_STORE = 15;

type Care = 'careful' | 'careless';
interface Tally {
  cuts: number;
  promised: number;
  /** Cuts that lost something. */
  losing: number;
  healings: number;
  /** Records that declare a loss. */
  gaps: number;
  broken: string[];
}

/** The power goes at random instants of a busy store; what had been acknowledged is there at the next start. */
export function powerCuts(kind: FileSystem): Scenario {
  return {
    name: `power-cuts-${kind}`,
    about: `the power goes while the store writes on ${kind}: no record whose append returned is lost`,
    needs: ['loop-mounts'],
    async run(stand): Promise<Outcome> {
      const host = await makeLoopImage(stand, {
        ...{ kind: 'xfs', folder: stand.folder, name: 'host', megabytes: 3000 },
      });
      const n = stand.long ? CUTS.long : CUTS.short;
      const tally = await cutMany(stand, { kind, host, n, care: 'careful' });
      const control = await cutMany(stand, { kind, host, n: CONTROL_CUTS, care: 'careless' });
      return {
        n,
        seen:
          `0 expected, ${tally.losing} seen of ${tally.cuts} cuts that lost one of ${tally.promised} promised commits` +
          ` (95 % bound ${(300 / n).toFixed(1)} %); control at NORMAL lost in ${control.losing} of ${control.cuts}`,
        broken: [
          ...tally.broken.slice(0, 5),
          ...unless({
            'no file counts as damaged after a power cut': tally.healings === 0,
            'no loss is declared where nothing was lost': tally.gaps === 0,
            'a store that does not sync loses rows (control)': control.losing > 0,
          }),
        ],
      };
    },
  };
}

interface Series {
  readonly kind: FileSystem;
  readonly host: LoopImage;
  readonly n: number;
  readonly care: Care;
}

async function cutMany(stand: Stand, series: Series): Promise<Tally> {
  const { kind, host, n, care } = series;
  const folder = join(host.place, care);
  mkdirSync(folder);
  const disk = await makeLoopImage(stand, { kind, folder, name: 'disk', megabytes: 320 });
  const tally: Tally = { cuts: 0, promised: 0, losing: 0, healings: 0, gaps: 0, broken: [] };
  for (let round = 0; tally.cuts < n; round += 1) {
    const relay = round % 2 === 0 ? 'relay' : 'hold';
    await cutOneStore(stand, { series, folder, disk, round, relay, tally });
  }
  await disk.unmount();
  return tally;
}

async function cutOneStore(
  stand: Stand,
  options: {
    readonly series: Series;
    readonly folder: string;
    readonly disk: LoopImage;
    readonly round: number;
    readonly relay: 'relay' | 'hold';
    readonly tally: Tally;
  },
): Promise<void> {
  const { series, folder, disk, round, relay, tally } = options;
  const { kind, n, care } = series;
  const { share } = seededRandom(stand.seed * 1000 + round);
  const boot = `boot-${care}-${round}`;
  const name = `store-${round}.db`;
  const promisesFile = join(stand.folder, `promises-${boot}`);
  const reader = createPromiseReader(promisesFile);
  const writer: Running = startNode([
    program('writer'),
    join(disk.place, name),
    promisesFile,
    boot,
    relay,
    care,
  ]);
  stand.leave(() => kill(writer));
  await untilSoon(`the writer begins (${writer.said()})`, 30_000, () => reader.read().stored > 0);
  for (let cut = 0; cut < CUTS_PER_STORE && tally.cuts < n; cut += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5 + share() * 60));
    // Every other cut stops the writer first: nothing then comes between its last promise and the cut. The rest
    // fall into the middle of its work. It rests while what is left is examined.
    if (cut % 2 === 0) writer.child.kill('SIGSTOP');
    const before = reader.read();
    const left = cutPower(stand, disk, { kind, folder });
    const after = reader.read();
    writer.child.kill('SIGSTOP');
    const found = await left.mount();
    const problems = judge({ file: join(found.place, name), boot, before, after, tally });
    await found.unmount();
    left.drop();
    writer.child.kill('SIGCONT');
    tally.cuts += 1;
    if (problems.length > 0) tally.losing += 1;
    if (care === 'careful') tally.broken.push(...problems.map((each) => `${boot}, cut ${cut}: ${each}`));
  }
  tally.promised += reader.read().stored;
  await kill(writer);
}

type Seen = ReturnType<ReturnType<typeof createPromiseReader>['read']>;

/** What was promised before the cut must be there; what happened until it was over may be. */
function judge(options: {
  readonly file: string;
  readonly boot: string;
  readonly before: Seen;
  readonly after: Seen;
  readonly tally: Tally;
}): readonly string[] {
  const { file, boot, before, after, tally } = options;
  const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
  for (let turn = 1; turn <= after.stored + 1; turn += 1) {
    for (const record of batchOf(boot, turn)) {
      oracle.offer(record);
      if (turn <= before.stored) oracle.accept(record.id);
    }
  }
  for (const { id, body } of after.delivered) oracle.deliver({ id, body, replayed: true });
  const store = openKept(file, () => {
    tally.healings += 1;
  });
  const drained = drain(store);
  store.close();
  for (const delivery of drained) oracle.deliver(delivery);
  tally.gaps += drained.filter(({ id }) => streamPlaceOf(id)?.stream === 'gap').length;
  // An acknowledgement that was on the disk before the cut must not be forgotten by it.
  return oracle.verdict({ repeatsAllowed: after.delivered.length - before.acknowledged }).broken;
}
