import type { BenchClips } from './clips.ts';
import type { BenchOptions } from './options.ts';

/** What every part of the bench is given. */
export interface BenchContext {
  readonly options: BenchOptions;
  /** For what a part writes; removed in the end. */
  readonly folder: string;
  readonly clips: BenchClips;
  /** The interpreter that knows OpenCV; null when the bench goes on without it. */
  readonly opencv: string | null;
}
