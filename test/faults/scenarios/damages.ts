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
/** Commits of the sound store: its file and its log are both in use. */
const TURNS = 260;
/** A third of the trials damages the file under a store that is open. */
const OPEN_SHARE = 3;
const START_WITHIN_MS = 10_000;

interface Trial {
  readonly kind: string;
  readonly damage: Damage;
  readonly seed: number;
}

interface Found {
  /** The ledger's sentences: wrong payloads, and what is lost without a word. */
  readonly broken: readonly string[];
  /** Committed records that went with the end of a log, which SQLite takes for the end of the writing. */
  readonly takenBack: number;
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
    const slowestMs = Math.max(...found.map(({ startMs }) => startMs));
    const takenBack = found.reduce((sum, each) => sum + each.takenBack, 0);
    return {
      n,
      seen:
        `${found.filter(({ healed }) => healed).length} files set aside, slowest start ${slowestMs.toFixed(0)} ms, ` +
        `${takenBack} records taken back with a damaged log; ` +
        `control without checksums went wrong in ${control.filter(({ broken }) => broken.length > 0).length} of ${control.length}`,
      broken: [
        ...found.flatMap(({ broken }) => broken).slice(0, 8),
        ...unless({
          'every start takes 10 s at most': slowestMs <= START_WITHIN_MS,
          'without checksums wrong payloads go out (control)': control.some(({ broken }) =>
            broken.some((sentence) => sentence.includes('altered')),
          ),
        }),
      ],
    };
  },
};

/** Makes a sound store as a killed process leaves it, and damages copies of it. */
function tryAll(stand: Stand, { name, n }: { readonly name: string; readonly n: number }): readonly Found[] {
  const folder = join(stand.folder, name);
  mkdirSync(folder);
  const sound = join(folder, 'sound.db');
  const store = openKept(sound);
  for (let turn = 1; turn <= TURNS; turn += 1) store.append(batchOf(BOOT, turn));
  const left = join(folder, 'left.db');
  copyStore(sound, left);
  store.close();
  const kinds = Object.entries(DAMAGES);
  return Array.from({ length: n }, (_, index) => {
    const [kind = '', damage = () => 'file' as const] = kinds[index % kinds.length] ?? [];
    const file = join(folder, 'trial.db');
    copyStore(left, file);
    const found = tryOne(file, { kind, damage, seed: stand.seed * 100_000 + index });
    for (const one of [file, `${file}-wal`, `${file}-shm`]) rmSync(one, { force: true });
    return found;
  });
}

function copyStore(from: string, to: string): void {
  for (const companion of ['', '-wal']) {
    if (existsSync(from + companion)) cpSync(from + companion, to + companion);
  }
}

function tryOne(file: string, { kind, damage, seed }: Trial): Found {
  const { share } = seededRandom(seed);
  const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
  for (let turn = 1; turn <= TURNS; turn += 1) {
    for (const record of batchOf(BOOT, turn)) {
      oracle.offer(record);
      oracle.accept(record.id);
    }
  }
  const healings: Healing[] = [];
  const atRest = seed % OPEN_SHARE !== 0;
  let hit = atRest ? damage(file, share) : 'file';
  const startedMs = performance.now();
  let startMs = 0;
  try {
    const store = openKept(file, (healing) => healings.push(healing));
    startMs = performance.now() - startedMs;
    if (!atRest) hit = damage(file, share);
    while (!store.salvage(1000));
    for (const delivery of drain(store)) oracle.deliver(delivery);
    while (!store.salvage(1000));
    for (const delivery of drain(store)) oracle.deliver(delivery);
    store.close();
  } catch (error) {
    return { broken: [`${kind}, seed ${seed}: ${String(error)}`], takenBack: 0, healed: false, startMs };
  }
  const uncounted = healings.some(({ findings }) => !findings.counted);
  const { broken, accepted, delivered } = oracle.verdict({
    repeatsAllowed: uncounted ? Number.POSITIVE_INFINITY : 0,
  });
  const excused = uncounted || hit === 'log';
  const wrong = broken.filter((sentence) => !(sentence.startsWith('lost:') && excused));
  return {
    broken: wrong.map((sentence) => `${kind}, seed ${seed}: ${sentence}`),
    takenBack: hit === 'log' && !uncounted ? accepted - delivered : 0,
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
