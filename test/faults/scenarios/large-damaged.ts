import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Healing } from '../../../src/store/store.ts';
import { seededRandom } from '../../fakes/seeded-random.ts';
import { openKept } from '../kept.ts';
import { batchOf } from '../programs/batches.ts';
import { type Outcome, type Scenario, unless } from '../scenario.ts';

const BOOT = 'boot-large';
const MEGABYTES = { short: 20, long: 300 };
const PAGE_BYTES = 4096;
const DAMAGED_PAGES = 5;
const BATCHES_PER_COMMIT = 200;
/** As kept-store.ts saves: so many rows at a time, beside the work. */
const ROWS = 500;
const START_WITHIN_MS = 10_000;
const MEGABYTE = 1_048_576;

/** A store as large as weeks without a link leave it is damaged in several places, its first bytes among them. */
export const largeDamaged: Scenario = {
  name: 'large-damaged',
  about: 'a large store is damaged: the gateway runs again within 10 s and saves the rest beside its work',
  needs: [],
  run(stand): Outcome {
    const file = join(stand.folder, 'store.db');
    const megabytes = stand.long ? MEGABYTES.long : MEGABYTES.short;
    const filled = openKept(file);
    let turn = 0;
    while (statSync(file).size < megabytes * MEGABYTE) {
      const from = turn + 1;
      turn += BATCHES_PER_COMMIT;
      const batches = Array.from({ length: BATCHES_PER_COMMIT }, (_, index) => batchOf(BOOT, from + index));
      filled.append(batches.flat());
    }
    const stored = filled.outbox('platform').depth();
    filled.close();
    scribble(file, stand.seed);
    const healings: Healing[] = [];
    const startedMs = performance.now();
    const store = openKept(file, (healing) => healings.push(healing));
    const startMs = performance.now() - startedMs;
    let longestMs = 0;
    for (let done = false; !done; ) {
      const beganMs = performance.now();
      done = store.salvage(ROWS);
      longestMs = Math.max(longestMs, performance.now() - beganMs);
    }
    const allMs = performance.now() - startedMs;
    store.close();
    const [{ findings } = { findings: null }] = healings;
    const { saved = 0, altered = 0, lost = 0 } = findings ?? {};
    return {
      n: 1,
      seen:
        `${megabytes} MB, ${stored} records: running after ${(startMs / 1000).toFixed(1)} s, all saved after ` +
        `${(allMs / 1000).toFixed(0)} s, longest turn ${longestMs.toFixed(0)} ms; ` +
        `${saved} saved, ${altered} altered, ${lost} lost`,
      broken: unless({
        'it is set aside once': healings.length === 1,
        'it runs within 10 s': startMs <= START_WITHIN_MS,
        'every record is saved or counted': saved + altered + lost >= stored,
        'most are saved': saved > stored / 2,
      }),
    };
  },
};

/** Noise over some pages and the first bytes. */
function scribble(file: string, seed: number): void {
  const { share } = seededRandom(seed);
  const pages = Math.floor(statSync(file).size / PAGE_BYTES);
  const handle = openSync(file, 'r+');
  for (let each = 0; each < DAMAGED_PAGES; each += 1) {
    const page = Math.floor(pages * (0.2 + 0.7 * share()));
    writeSync(handle, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, page * PAGE_BYTES);
  }
  writeSync(handle, Buffer.alloc(16, 0xa5), 0, 16, 0);
  closeSync(handle);
}
