import { messageOf } from '../../base/errors.ts';
import type { Line, LineListener } from './line.ts';

/** After a line was given up by us: long enough that a device which only ever babbles costs no core. */
export const AFTER_DROP_MS = 50;
export const FIRST_RETRY_MS = 250;
/**
 * A serial path is looked at each second, which costs one failing system call: an adapter works again within
 * a second or two of its return. A host that is gone is left in peace.
 */
export const LONGEST_RETRY_MS = { serial: 1000, tcp: 15_000 } as const;
/**
 * After so many timeouts with no byte between them a connection itself is doubted and replaced: a pulled cable
 * leaves one that looks open for a quarter of an hour (tcp_retries2). It is less than the failures that make a
 * device fault, so that the port is blamed first.
 */
export const SILENT_TIMEOUTS = 2;

/** How a bus learns about its line: `dropped` by us, `lost` by itself; a failed try to open is `unreachable`. */
export type LineChange =
  | { readonly kind: 'open' }
  | { readonly kind: 'dropped'; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string };

export interface LineKeeper<L> {
  /** The open line, or null while there is none. */
  readonly line: L | null;
  /** Gives the line up because its bytes can no longer be trusted; a new one is opened. */
  drop(why: string): void;
  /** Somebody was asked and did not answer. */
  timedOut(): void;
  close(): Promise<void>;
}

export interface LineKeeperOptions<L> {
  readonly open: (listener: LineListener) => Promise<L>;
  readonly medium: keyof typeof LONGEST_RETRY_MS;
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onChange: (change: LineChange) => void;
  /** 0 ≤ r < 1; spreads the retries of many cabinets after one power cut. */
  readonly random?: () => number;
}

/** The pause before try `failures` + 1, between half of and the whole exponential step. */
export function retryPauseMs(
  failures: number,
  options: { readonly random: number; readonly longestMs: number },
): number {
  const stepMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 16), options.longestMs);
  return stepMs * (0.5 + options.random / 2);
}

/** Keeps one line (or listening port) open for as long as it is not closed. */
export function createLineKeeper<L extends Pick<Line, 'close'>>(
  options: LineKeeperOptions<L>,
): LineKeeper<L> {
  const random = options.random ?? Math.random;
  let line: L | null = null;
  let closed = false;
  let failures = 0;
  let silentTimeouts = 0;
  let timer: NodeJS.Timeout | null = null;
  let opening: Promise<void> = Promise.resolve();

  const longestMs = LONGEST_RETRY_MS[options.medium];

  const retry = (): void => {
    if (closed) return;
    timer = setTimeout(tryOpen, retryPauseMs(failures, { random: random(), longestMs }));
    failures += 1;
  };
  const lost = (why: string): void => {
    line = null;
    if (closed) return;
    options.onChange({ kind: 'lost', why });
    retry();
  };
  const attempt = async (): Promise<void> => {
    // The listener may be called before `open` resolves: until `mine` is set nothing is ours yet.
    let mine: L | null = null;
    let endedBeforeUse: string | null = null;
    try {
      mine = await options.open({
        onBytes(bytes) {
          if (mine === null || line !== mine) return;
          // Only bytes prove a line; a gateway that accepts and hangs up must not be tried four times a second.
          failures = 0;
          silentTimeouts = 0;
          options.onBytes(bytes);
        },
        onClosed(why) {
          if (mine === null) endedBeforeUse = why;
          else if (line === mine) lost(why);
        },
      });
      if (closed) return await mine.close();
      line = mine;
      silentTimeouts = 0;
      options.onChange({ kind: 'open' });
      if (endedBeforeUse !== null) lost(endedBeforeUse);
    } catch (error) {
      if (closed) return;
      options.onChange({ kind: 'unreachable', why: messageOf(error) });
      retry();
    }
  };
  const tryOpen = (): void => {
    timer = null;
    opening = attempt();
  };
  tryOpen();

  const drop = (why: string): void => {
    const dropped = line;
    if (dropped === null) return;
    line = null;
    failures = 0;
    options.onChange({ kind: 'dropped', why });
    const reopen = (): void => {
      if (!closed) timer = setTimeout(tryOpen, AFTER_DROP_MS);
    };
    dropped.close().then(reopen, reopen);
  };
  return {
    get line() {
      return line;
    },
    drop,
    timedOut() {
      silentTimeouts += 1;
      if (options.medium === 'tcp' && silentTimeouts >= SILENT_TIMEOUTS) drop('no answer to anything');
    },
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      const last = line;
      line = null;
      await last?.close();
      await opening;
    },
  };
}
