import { assertNever } from '../base/assert-never.ts';
import { monotonicMs } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import {
  type ChildAction,
  type ChildInput,
  type ChildState,
  type DownCause,
  RESTART_POLICY,
  type RestartPolicy,
  stepChild,
} from './child-policy.ts';
import { type ChildEnd, type ForkedChild, forkChild } from './forked-child.ts';
import { createLineSplitter } from './line-splitter.ts';
import type { Logger } from './logger.ts';
import { createSilenceWatch } from './silence-watch.ts';

export interface ChildLimits {
  /** From the start to the first value: the child loads its native add-on first. */
  readonly firstValueMs: number;
  /** Any value is a heartbeat; a child that sends none for this long is hung. */
  readonly silentMs: number;
  readonly restarts: RestartPolicy;
}

export const CHILD_LIMITS: ChildLimits = { firstValueMs: 30_000, silentMs: 5000, restarts: RESTART_POLICY };

/** An unasked end. The child is started again by itself after `restartInMs`. */
export interface ChildDown {
  readonly cause: DownCause;
  /** For a log or a fault record: `exit code 1`, `no value for 5000 ms`. */
  readonly detail: string;
  readonly restartInMs: number;
  /** True when quick restarts did not help: time to open a fault. */
  readonly budgetSpent: boolean;
}

export interface ChildCounters {
  readonly starts: number;
  readonly values: number;
  /** Values that did not parse; each cost the child its life. */
  readonly garbage: number;
  /** Values that `send` refused. */
  readonly refusedSends: number;
}

export interface ChildProcessOptions<Sent extends object, Received> {
  /** For the log: `fieldbus`, `vision`. */
  readonly name: string;
  /** Absolute path of the program; see programFile. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Returns what arrived as a value of the contract, or throws. */
  readonly parse: (raw: unknown) => Received;
  /** The value that asks the child to leave by itself. */
  readonly politeStop: Sent;
  /** A fresh process exists: the owner's handshake starts over. */
  readonly onUp: () => void;
  readonly onValue: (value: Received) => void;
  readonly onDown: (down: ChildDown) => void;
  readonly logger: Logger;
  readonly limits?: Partial<ChildLimits>;
}

/** One supervised child: kept alive until it is stopped. */
export interface ChildProcess<Sent extends object> {
  readonly state: ChildState['kind'];
  readonly pid: number | null;
  readonly counters: ChildCounters;
  start(): void;
  /** False, and counted, when there is no child or it does not read. */
  send(value: Sent): boolean;
  /**
   * Asks politely; SIGTERM after two thirds of the deadline, SIGKILL at it. Resolves when the child is gone.
   */
  stop(deadlineMs: number): Promise<void>;
}

/** Silence is checked this many times per limit. */
const CHECKS_PER_LIMIT = 4;

export function createChildProcess<Sent extends object, Received>(
  options: ChildProcessOptions<Sent, Received>,
): ChildProcess<Sent> {
  const limits: ChildLimits = { ...CHILD_LIMITS, ...options.limits };
  const log = options.logger.child(options.name);
  const counters = { starts: 0, values: 0, garbage: 0, refusedSends: 0 };
  const stopped = Promise.withResolvers<void>();
  let state: ChildState = { kind: 'idle' };
  let child: ForkedChild | null = null;
  /** Why the child was killed, or how it ended. */
  let detail = '';
  let watch = createSilenceWatch({ startedAtMs: 0, firstWithinMs: 0, limitMs: 0 });
  let watchTimer: NodeJS.Timeout | undefined;
  let pauseTimer: NodeJS.Timeout | undefined;
  let stopDeadlineMs = 0;
  let stopTimers: readonly NodeJS.Timeout[] = [];

  const feed = (input: ChildInput): void => {
    const moment = { nowMs: monotonicMs(), random: Math.random(), policy: limits.restarts };
    const step = stepChild(state, input, moment);
    state = step.state;
    if (step.action !== null) perform(step.action);
    if (state.kind === 'stopped') {
      clearTimeout(pauseTimer);
      stopped.resolve();
    }
  };

  const perform = (action: ChildAction): void => {
    switch (action.kind) {
      case 'spawn':
        spawn();
        return;
      case 'kill':
        log.warn('child killed', { pid: child?.pid, detail });
        child?.kill('SIGKILL');
        return;
      case 'begin-stop':
        beginStop();
        return;
      case 'pause': {
        const { cause, restartInMs, budgetSpent } = action;
        log.warn('child down', { cause, detail, restartInMs, budgetSpent });
        pauseTimer = setTimeout(() => feed({ kind: 'pause-over' }), restartInMs);
        options.onDown({ cause, detail, restartInMs, budgetSpent });
        return;
      }
      default:
        assertNever(action);
    }
  };

  const spawn = (): void => {
    counters.starts += 1;
    detail = '';
    child = forkChild({
      file: options.file,
      args: options.args ?? [],
      onRaw,
      onOutput: logLines(log),
      onEnd,
    });
    watch = createSilenceWatch({
      startedAtMs: monotonicMs(),
      firstWithinMs: limits.firstValueMs,
      limitMs: limits.silentMs,
    });
    watchTimer = setInterval(checkSilence, limits.silentMs / CHECKS_PER_LIMIT);
    if (child.pid === undefined) return;
    log.info('child started', { pid: child.pid });
    options.onUp();
  };

  const checkSilence = (): void => {
    const nowMs = monotonicMs();
    if (state.kind !== 'running' || !watch.isSilent(nowMs)) return;
    detail = `no value for ${Math.round(watch.silentForMs(nowMs))} ms`;
    feed({ kind: 'silent' });
  };

  const onRaw = (raw: unknown): void => {
    // What a killed child still says is not to be trusted.
    if (state.kind === 'killed') return;
    watch.heard(monotonicMs());
    let value: Received;
    try {
      value = options.parse(raw);
    } catch (error) {
      counters.garbage += 1;
      detail = `value refused: ${messageOf(error)}`;
      feed({ kind: 'garbage' });
      return;
    }
    counters.values += 1;
    options.onValue(value);
  };

  const onEnd = (end: ChildEnd): void => {
    child = null;
    clearInterval(watchTimer);
    for (const timer of stopTimers) clearTimeout(timer);
    if (state.kind === 'running') detail = end.detail;
    feed({ kind: end.started ? 'ended' : 'not-started' });
  };

  const beginStop = (): void => {
    const ending = child;
    if (ending === null) return;
    ending.send(options.politeStop);
    stopTimers = [
      setTimeout(() => ending.kill('SIGTERM'), (stopDeadlineMs * 2) / 3),
      setTimeout(() => ending.kill('SIGKILL'), stopDeadlineMs),
    ];
  };

  return {
    get state() {
      return state.kind;
    },
    get pid() {
      return child?.pid ?? null;
    },
    get counters() {
      return { ...counters };
    },
    start: () => feed({ kind: 'start' }),
    send(value) {
      const accepted = child?.send(value) ?? false;
      if (!accepted) counters.refusedSends += 1;
      return accepted;
    },
    stop(deadlineMs) {
      stopDeadlineMs = deadlineMs;
      feed({ kind: 'stop' });
      return stopped.promise;
    },
  };
}

/** A child's plain output: on standard error it is a warning or a crash. */
function logLines(log: Logger) {
  return (stream: 'stdout' | 'stderr', readable: NodeJS.ReadableStream): void => {
    const splitter = createLineSplitter({
      monoMs: monotonicMs,
      onLine: (line) => (stream === 'stderr' ? log.warn(line) : log.info(line)),
      onDropped: (lines) => log.warn('child printed too much', { stream, droppedLines: lines }),
    });
    readable.setEncoding('utf8');
    readable.on('data', (chunk: string) => splitter.push(chunk));
    readable.on('end', () => splitter.end());
  };
}
