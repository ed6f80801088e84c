import type { TrafficRecord, TrafficStream } from '../traffic/record.ts';

/** Many, and each of little worth alone: they wait for company, because a commit costs the disk some pages. */
const MAY_WAIT: ReadonlySet<TrafficStream> = new Set(['passage', 'hires']);
/** So many are company enough: more would save the disk little. */
const COMPANY = 50;

/** Whether records that wait in memory are to be stored now. Anything but passages and their like is, at once. */
export function isCommitDue(waiting: {
  readonly records: readonly TrafficRecord[];
  /** How long the oldest has waited, and how long it may. */
  readonly waitedMs: number;
  readonly mayWaitMs: number;
}): boolean {
  const { records, waitedMs, mayWaitMs } = waiting;
  if (records.length === 0) return false;
  return (
    waitedMs >= mayWaitMs || records.length >= COMPANY || records.some(({ stream }) => !MAY_WAIT.has(stream))
  );
}
