import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import zlib from 'node:zlib';
import type { Healing } from '../../../src/store/store.ts';
import { seededRandom } from '../../fakes/seeded-random.ts';
import { drain, openKept } from '../kept.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { batchOf } from '../programs/batches.ts';
import { type Outcome, type Scenario, type Stand, unless } from '../scenario.ts';
import { DAMAGES, type Damage } from './damage-kinds.ts';

const TRIALS = { short: 300, long: 2000 };
const CONTROL_TRIALS = 60;
const BOOT = 'boot-damaged';
/** The sound store is left after each of the last commits: its log is just begun, half full or just moved. */
const TURNS = 260;
const LEFT_AFTER = 41;
/** What a store without its mark does not notice. */
const LOG_DAMAGE = 'a bit of the log flipped';
/** A third of the trials of each kind damages the file under a store that is open. */
const OPEN_SHARE = 3;
const START_WITHIN_MS = 10_000;

type Keeping = 'marked' | 'unmarked';

interface Trial {
  readonly kind: string;
  /** Commits it has had. */
  readonly turns: number;
  readonly damage: Damage;
  readonly atRest: boolean;
  readonly seed: number;
}

interface Found {
  /** The ledger's sentences: wrong payloads, and what is lost without a word. */
  readonly broken: readonly string[];
  /** Records that had been stored and that no delivery brought. */
  readonly lost: number;
  readonly healed: boolean;
  readonly startMs: number;
}

export const damages: Scenario = {
  name: 'damages',
  about:
    'the disk alters the store, at rest and under way: nothing wrong is delivered, what is lost is declared',
  needs: [],
  run(stand): Outcome {
    const n = stand.long ? TRIALS.long : TRIALS.short;
    const found = tryAll(stand, { name: 'checked', n });
    const control = withoutChecksums(() => tryAll(stand, { name: 'unchecked', n: CONTROL_TRIALS }));
    const unmarked = tryAll(stand, { name: 'unmarked', n: CONTROL_TRIALS, keeping: 'unmarked' });
    const slowestMs = Math.max(...found.map(({ startMs }) => startMs));
    const losing = found.filter(({ lost }) => lost > 0);
    const untold = unmarked.filter((each) => isUntold(each));
    return {
      n,
      seen:
        `${found.filter(({ healed }) => healed).length} files set aside, slowest start ${slowestMs.toFixed(0)} ms; ` +
        `${losing.length} damages lost something, ${losing.filter((each) => !isUntold(each)).length} were told; ` +
        `controls: without checksums wrong in ${control.filter(({ broken }) => broken.length > 0).length} of ` +
        `${control.length}, without the mark a loss untold in ${untold.length} of ${unmarked.length}`,
      broken: [
        ...found.flatMap(({ broken }) => broken).slice(0, 8),
        ...unless({
          'every start takes 10 s at most': slowestMs <= START_WITHIN_MS,
          'some damages lose something': losing.length > 0,
          'without checksums wrong payloads go out (control)': control.some(({ broken }) =>
            broken.some((sentence) => sentence.includes('altered')),
          ),
          'without the mark a loss is not told (control)': untold.length > 0,
        }),
      ],
    };
  },
};

function isUntold({ broken }: Found): boolean {
  return broken.some((sentence) => sentence.includes(': lost:'));
}

/** Makes a sound store as a killed process leaves it, and damages copies of it. */
function tryAll(
  stand: Stand,
  { name, n, keeping = 'marked' }: { readonly name: string; readonly n: number; readonly keeping?: Keeping },
): readonly Found[] {
  const folder = join(stand.folder, name);
  mkdirSync(folder);
  const sound = join(folder, 'sound.db');
  const leftAfter = (turns: number): string => join(folder, `left-${turns}.db`);
  const store = openKept(sound);
  for (let turn = 1; turn <= TURNS; turn += 1) {
    store.append(batchOf(BOOT, turn));
    if (turn > TURNS - LEFT_AFTER) copyStore(sound, leftAfter(turn));
  }
  store.close();
  const kinds = Object.entries(DAMAGES).filter(([kind]) => keeping === 'marked' || kind === LOG_DAMAGE);
  return Array.from({ length: n }, (_, index) => {
    const [kind = '', damage = () => undefined] = kinds[index % kinds.length] ?? [];
    const turns = TURNS - (index % LEFT_AFTER);
    const place = join(folder, `trial-${index}`);
    mkdirSync(place);
    const file = join(place, 'store.db');
    copyStore(leftAfter(turns), file);
    if (keeping === 'unmarked') rmSync(`${file}.mark`);
    const atRest = Math.floor(index / kinds.length) % OPEN_SHARE !== 0;
    const found = tryOne(file, { kind, turns, damage, atRest, seed: stand.seed * 100_000 + index });
    rmSync(place, { recursive: true });
    return found;
  });
}

function copyStore(from: string, to: string): void {
  for (const companion of ['', '-wal', '.mark']) {
    if (existsSync(from + companion)) cpSync(from + companion, to + companion);
  }
}

function tryOne(file: string, { kind, turns, damage, atRest, seed }: Trial): Found {
  const { share } = seededRandom(seed);
  const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
  for (let turn = 1; turn <= turns; turn += 1) {
    for (const record of batchOf(BOOT, turn)) {
      oracle.offer(record);
      oracle.accept(record.id);
    }
  }
  const healings: Healing[] = [];
  if (atRest) damage(file, share);
  const startedMs = performance.now();
  let startMs = 0;
  try {
    const store = openKept(file, (healing) => healings.push(healing));
    startMs = performance.now() - startedMs;
    if (!atRest) damage(file, share);
    while (!store.salvage(1000));
    for (const delivery of drain(store)) oracle.deliver(delivery);
    while (!store.salvage(1000));
    for (const delivery of drain(store)) oracle.deliver(delivery);
    store.close();
  } catch (error) {
    return { broken: [`${kind}, seed ${seed}: ${String(error)}`], lost: 0, healed: false, startMs };
  }
  const uncounted = healings.some(({ findings }) => !findings.counted);
  const { broken, accepted, delivered } = oracle.verdict({
    repeatsAllowed: uncounted ? Number.POSITIVE_INFINITY : 0,
  });
  // Of a file that no longer tells who waited for what, the healing says that much.
  const wrong = broken.filter((sentence) => !(sentence.startsWith('lost:') && uncounted));
  return {
    broken: wrong.map((sentence) => `${kind}, seed ${seed}: ${sentence}`),
    lost: accepted - delivered,
    healed: healings.length > 0,
    startMs,
  };
}

/** The same with a store whose checksums are all 0, like SQLite's own pages. */
function withoutChecksums<T>(work: () => T): T {
  const { crc32 } = zlib;
  const replace = (by: typeof crc32): void => {
    zlib.crc32 = by;
    syncBuiltinESMExports();
  };
  replace(() => 0);
  try {
    return work();
  } finally {
    replace(crc32);
  }
}
