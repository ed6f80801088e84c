import type { BenchOptions } from './options.ts';

/** What every part of the bench is given. */
export interface BenchContext {
  readonly options: BenchOptions;
  readonly programs: {
    readonly stampingServer: string;
    readonly libmodbusClient: string;
    readonly rtuSlave: string;
  };
  /** Folder of the installed Node-RED; null when the bench goes on without it. */
  readonly nodeRed: string | null;
  readonly canUseFifo: boolean;
}
