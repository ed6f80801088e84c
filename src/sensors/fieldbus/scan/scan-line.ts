/** One line under scan: opened, listened to, asked. */
import type { OpenLine } from '../line.ts';
import type { LineChange } from '../line-keeper.ts';
import type { ReadRequest } from '../modbus-frames.ts';
import type { MasterListener, ModbusMaster, ReadOutcome } from '../modbus-master.ts';

/** A peer that hangs up so often without one answer does not want to be asked. */
export const LOSSES_IN_A_ROW = 3;

export interface ScanLine {
  /** Null when it is open; else why it cannot be. */
  opened(): Promise<string | null>;
  /** Bytes that came while nothing was asked, since the line was made. */
  readonly heardBytes: number;
  /** Bursts between two questions that answer neither. */
  readonly strayBursts: number;
  read(request: ReadRequest, responseTimeoutMs: number): Promise<ReadOutcome>;
  close(): Promise<void>;
}

export interface ScanLineOptions {
  readonly open: OpenLine;
  readonly openMaster: (open: OpenLine, listener: MasterListener) => ModbusMaster;
  /** A peer may hang up on a number that it does not serve and be called again; a lost adapter is gone. */
  readonly mayHangUp: boolean;
}

export function createScanLine({ open, openMaster, mayHangUp }: ScanLineOptions): ScanLine {
  let state: LineChange | null = null;
  let isAsking = false;
  let isClosed = false;
  let heardBytes = 0;
  let losses = 0;
  const waiting = new Set<() => void>();

  const listening: OpenLine = (listener) =>
    open({
      onClosed: listener.onClosed,
      onBytes(bytes) {
        if (!isAsking) heardBytes += bytes.length;
        listener.onBytes(bytes);
      },
    });
  const wake = (): void => {
    for (const look of waiting) look();
    waiting.clear();
  };
  const master = openMaster(listening, {
    onLineChange(change) {
      state = change;
      if (change.kind === 'lost') losses += 1;
      wake();
    },
  });
  const isGone = (change: LineChange): boolean => {
    // What the master itself gave up, it opens again.
    if (change.kind === 'dropped') return false;
    return change.kind === 'unreachable' || !mayHangUp || losses >= LOSSES_IN_A_ROW;
  };
  const opened = async (): Promise<string | null> => {
    for (;;) {
      if (isClosed) return 'stopped';
      if (state?.kind === 'open') return null;
      if (state !== null && isGone(state)) return state.why;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };

  return {
    opened,
    get heardBytes() {
      return heardBytes;
    },
    get strayBursts() {
      return master.figures.lateReplies;
    },
    async read(request, responseTimeoutMs) {
      for (;;) {
        const why = await opened();
        if (why !== null) return { kind: 'closed', why };
        const lossesBefore = losses;
        isAsking = true;
        const outcome = await master.read(request, { responseTimeoutMs, turnaroundMs: 0, markers: [] });
        isAsking = false;
        if (outcome.kind === 'values' || outcome.kind === 'exception') losses = 0;
        if (outcome.kind !== 'closed') return outcome;
        // Hung up on this very question: that is no answer, like silence.
        if (mayHangUp && losses > lossesBefore && losses < LOSSES_IN_A_ROW) return { kind: 'timeout' };
      }
    },
    async close() {
      isClosed = true;
      wake();
      await master.close();
    },
  };
}
