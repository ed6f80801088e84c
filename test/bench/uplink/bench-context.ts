import type { BenchOptions } from './options.ts';

/** What every part of the bench is given. */
export interface BenchContext {
  readonly options: BenchOptions;
  /** For stores and what brokers keep; removed at the end. */
  readonly folder: string;
  /** A store file with the whole backlog, to be copied. */
  readonly backlog: string;
}
