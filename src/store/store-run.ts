import type { Clock } from '../base/clock.ts';
import { createGapRecords, type GapRecords, type Origin } from './gap-records.ts';
import type { MarkFile } from './mark.ts';
import { createNumbering, type Numbering } from './numbering.ts';
import type { Missing } from './seq-ranges.ts';

/** What outlives a file that is set aside while the gateway runs. */
export interface StoreRun {
  readonly gaps: GapRecords;
  readonly auditNumbers: Numbering;
  /** Records given up, by upstream, until they can be declared. */
  readonly givenUp: Map<string, Missing>;
  /** Grows when rows come in before those that may have been read already. */
  generation: number;
  /** Null for those who only look. */
  readonly markFile: MarkFile | null;
}

export function createStoreRun(origin: Origin, clock: Clock, markFile: MarkFile | null): StoreRun {
  return {
    gaps: createGapRecords(origin, clock),
    auditNumbers: createNumbering(),
    givenUp: new Map(),
    generation: 0,
    markFile,
  };
}
