/** One line under scan: opened, listened to, asked. */
import type { OpenLine } from '../line.ts';
import type { LineChange } from '../line-keeper.ts';

/** A peer that hangs up so often without one answer does not want to be asked. */
export const LOSSES_IN_A_ROW = 3;

/** Who asks on the line, in its own protocol; it keeps the line open until it is closed. */
export interface Talker<Question, Outcome> {
  ask(question: Question): Promise<Outcome>;
  /** Bursts between two questions that answer neither. */
  readonly strayBursts: number;
  close(): Promise<void>;
}

export type Asked<Outcome> =
  | Exclude<Outcome, { readonly kind: 'closed' }>
  | { readonly kind: 'timeout' }
  | { readonly kind: 'closed'; readonly why: string };

export interface ScanLine<Question, Outcome> {
  /** Null when it is open; else why it cannot be. */
  opened(): Promise<string | null>;
  /** Bytes that came while nothing was asked, since the line was made. */
  readonly heardBytes: number;
  readonly strayBursts: number;
  ask(question: Question): Promise<Asked<Outcome>>;
  close(): Promise<void>;
}

export interface ScanLineOptions<Question, Outcome> {
  readonly open: OpenLine;
  readonly openTalker: (
    open: OpenLine,
    listener: { onLineChange(change: LineChange): void },
  ) => Talker<Question, Outcome>;
  /** A peer may hang up on a number that it does not serve and be called again; a lost adapter is gone. */
  readonly mayHangUp: boolean;
  /** Bytes that came while nothing was asked. */
  readonly onUnasked?: (bytes: Uint8Array) => void;
}

const NO_ANSWER: ReadonlySet<string> = new Set(['timeout', 'corrupt', 'closed']);

export function createScanLine<Question, Outcome extends { readonly kind: string }>(
  options: ScanLineOptions<Question, Outcome>,
): ScanLine<Question, Outcome> {
  const { mayHangUp, onUnasked = () => undefined } = options;
  let state: LineChange | null = null;
  let isAsking = false;
  let isClosed = false;
  let heardBytes = 0;
  let losses = 0;
  const waiting = new Set<() => void>();

  const listening: OpenLine = (listener) =>
    options.open({
      onClosed: listener.onClosed,
      onBytes(bytes) {
        if (!isAsking) {
          heardBytes += bytes.length;
          onUnasked(bytes);
        }
        listener.onBytes(bytes);
      },
    });
  const wake = (): void => {
    for (const look of waiting) look();
    waiting.clear();
  };
  const talker = options.openTalker(listening, {
    onLineChange(change) {
      state = change;
      if (change.kind === 'lost') losses += 1;
      wake();
    },
  });
  const isGone = (change: LineChange): boolean => {
    // What the talker itself gave up, it opens again.
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
      return talker.strayBursts;
    },
    async ask(question) {
      for (;;) {
        const why = await opened();
        if (why !== null) return { kind: 'closed', why };
        const lossesBefore = losses;
        isAsking = true;
        const outcome = await talker.ask(question);
        isAsking = false;
        if (!NO_ANSWER.has(outcome.kind)) losses = 0;
        if (outcome.kind !== 'closed') return outcome as Asked<Outcome>;
        // Hung up on this very question: that is no answer, like silence.
        if (mayHangUp && losses > lossesBefore && losses < LOSSES_IN_A_ROW) return { kind: 'timeout' };
      }
    },
    async close() {
      isClosed = true;
      wake();
      await talker.close();
    },
  };
}
