/**
 * Writes to a store of its own and prints, as JSON, what that cost: a StoreCost.
 *
 * usage: store-writer TASK     a WritingTask as JSON
 */
import { readFileSync } from 'node:fs';
import { isCommitDue } from '../../../src/app/commit-company.ts';
import { TICK_EVERY_MS } from '../../../src/app/tick.ts';
import { createSystemClock } from '../../../src/base/clock.ts';
import { openStore } from '../../../src/store/store.ts';
import type { TrafficRecord } from '../../../src/traffic/record.ts';
import type { StoredRecord } from '../../../src/traffic/stored-record.ts';
import { benchRecords, STREAMS } from './bench-records.ts';
import { designLoad } from './design-day.ts';

export type WritingTask = { readonly file: string } & (
  | { readonly kind: 'batches'; readonly batch: number; readonly commits: number }
  | {
      readonly kind: 'design-load';
      readonly minutes: number;
      readonly passagesWaitMs: number;
      readonly publishPassages: boolean;
    }
);

export interface StoreCost {
  readonly records: number;
  readonly commits: number;
  readonly perS: number;
  /** Bytes that the process dirtied on the disk, by record: stored, and stored and acknowledged. */
  readonly storedBytes: number;
  readonly acknowledgedBytes: number;
}

const task: WritingTask = JSON.parse(process.argv[2] ?? '');
const streams = new Set(STREAMS);
if (task.kind === 'design-load' && !task.publishPassages) streams.delete('passage');
const clock = createSystemClock();
const store = openStore({ file: task.file, upstreams: [{ name: 'platform', streams }], clock });
const outbox = store.outbox('platform');
const cost = task.kind === 'batches' ? writeBatches(task) : writeDesignLoad(task);
process.stdout.write(`${JSON.stringify(cost)}\n`);
store.close();

/** proc_pid_io(5): what was caused to be sent to the storage layer, pages and not bytes. */
function writtenBytes(): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

/** One transaction, and then one for what the platform would have acknowledged of it. */
function commit(records: readonly StoredRecord[]): {
  readonly stored: number;
  readonly acknowledged: number;
} {
  const before = writtenBytes();
  store.append(records);
  const between = writtenBytes();
  const waiting = ([1, 2, 3, 4] as const).flatMap((each) =>
    outbox.pending({ class: each, after: 0, limit: records.length }),
  );
  if (waiting.length > 0) outbox.acknowledge(waiting.map(({ position }) => position));
  return { stored: between - before, acknowledged: writtenBytes() - between };
}

function costOf(groups: readonly (readonly StoredRecord[])[]): StoreCost {
  const sum = { stored: 0, acknowledged: 0, records: 0 };
  const startMs = performance.now();
  for (const group of groups) {
    const { stored, acknowledged } = commit(group);
    sum.stored += stored;
    sum.acknowledged += acknowledged;
    sum.records += group.length;
  }
  const spentS = (performance.now() - startMs) / 1000;
  return {
    records: sum.records,
    commits: groups.length,
    perS: sum.records / spentS,
    storedBytes: sum.stored / sum.records,
    acknowledgedBytes: (sum.stored + sum.acknowledged) / sum.records,
  };
}

function writeBatches({ batch, commits }: { readonly batch: number; readonly commits: number }): StoreCost {
  const records = benchRecords(batch * commits, 'bench');
  return costOf(
    Array.from({ length: commits }, (_, index) => records.slice(index * batch, (index + 1) * batch)),
  );
}

/** The gateway's own grouping, in time that passes as fast as the disk allows. */
function writeDesignLoad({
  minutes,
  passagesWaitMs,
}: {
  readonly minutes: number;
  readonly passagesWaitMs: number;
}): StoreCost {
  const made = designLoad(minutes);
  const groups: TrafficRecord[][] = [];
  let waiting: TrafficRecord[] = [];
  let sinceMs = 0;
  let next = 0;
  for (let nowMs = TICK_EVERY_MS; next < made.length || waiting.length > 0; nowMs += TICK_EVERY_MS) {
    if (waiting.length === 0) sinceMs = nowMs;
    for (; next < made.length && (made[next]?.atMs ?? 0) <= nowMs; next += 1) {
      const { record } = made[next] ?? {};
      if (record !== undefined) waiting.push(record);
    }
    if (!isCommitDue({ records: waiting, waitedMs: nowMs - sinceMs, mayWaitMs: passagesWaitMs })) continue;
    groups.push(waiting);
    waiting = [];
  }
  return costOf(groups);
}
