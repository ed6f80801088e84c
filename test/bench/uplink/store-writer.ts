/**
 * Writes to a store of its own and prints, as JSON, what came of it: a Written.
 *
 * usage: store-writer TASK     a WritingTask as JSON
 */
import { isCommitDue } from '../../../src/app/commit-company.ts';
import { TICK_EVERY_MS } from '../../../src/app/tick.ts';
import { createSystemClock } from '../../../src/base/clock.ts';
import { openStore } from '../../../src/store/store.ts';
import type { TrafficRecord } from '../../../src/traffic/record.ts';
import type { StoredRecord } from '../../../src/traffic/stored-record.ts';
import { benchRecords, STREAMS } from './bench-records.ts';
import { designLoad } from './design-day.ts';

export interface WritingTask {
  readonly file: string;
  /** Whether what was stored is acknowledged, by one more transaction for each. */
  readonly acknowledge: boolean;
  readonly work: WritingWork;
}

export type WritingWork =
  | { readonly kind: 'batches'; readonly batch: number; readonly commits: number }
  | {
      readonly kind: 'design-load';
      readonly minutes: number;
      readonly passagesWaitMs: number;
      readonly publishPassages: boolean;
    };

export interface Written {
  readonly records: number;
  /** Transactions that stored some. */
  readonly commits: number;
  readonly perS: number;
}

const task: WritingTask = JSON.parse(process.argv[2] ?? '');
const { work } = task;
const streams = new Set(STREAMS);
if (work.kind === 'design-load' && !work.publishPassages) streams.delete('passage');
const clock = createSystemClock();
const store = openStore({ file: task.file, upstreams: [{ name: 'platform', streams }], clock });
const outbox = store.outbox('platform');
const groups = work.kind === 'batches' ? batchesOf(work) : groupsOf(work);

const startMs = performance.now();
for (const group of groups) commit(group);
const spentS = (performance.now() - startMs) / 1000;
const records = groups.reduce((sum, { length }) => sum + length, 0);
const written: Written = { records, commits: groups.length, perS: records / spentS };
process.stdout.write(`${JSON.stringify(written)}\n`);
store.close();

function commit(group: readonly StoredRecord[]): void {
  store.append(group);
  if (!task.acknowledge) return;
  const waiting = ([1, 2, 3, 4] as const).flatMap((each) =>
    outbox.pending({ class: each, after: 0, limit: group.length }),
  );
  if (waiting.length > 0) outbox.acknowledge(waiting.map(({ position }) => position));
}

function batchesOf(batches: {
  readonly batch: number;
  readonly commits: number;
}): readonly (readonly StoredRecord[])[] {
  const { batch, commits } = batches;
  const all = benchRecords(batch * commits, 'bench');
  return Array.from({ length: commits }, (_, index) => all.slice(index * batch, (index + 1) * batch));
}

/** As the gateway groups them, in time that passes as fast as the disk allows. */
function groupsOf(load: {
  readonly minutes: number;
  readonly passagesWaitMs: number;
}): readonly (readonly TrafficRecord[])[] {
  const made = designLoad(load.minutes);
  const closed: TrafficRecord[][] = [];
  let waiting: TrafficRecord[] = [];
  let sinceMs = 0;
  let next = 0;
  for (let nowMs = TICK_EVERY_MS; next < made.length || waiting.length > 0; nowMs += TICK_EVERY_MS) {
    if (waiting.length === 0) sinceMs = nowMs;
    for (let one = made[next]; one !== undefined && one.atMs <= nowMs; one = made[next]) {
      waiting.push(one.record);
      next += 1;
    }
    const waitedMs = nowMs - sinceMs;
    if (!isCommitDue({ records: waiting, waitedMs, mayWaitMs: load.passagesWaitMs })) continue;
    closed.push(waiting);
    waiting = [];
  }
  return closed;
}
