import type { Logger } from './logger.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
export type StopSignal = (typeof SIGNALS)[number];

/** The part of `process` that a shutdown needs. */
export interface ShutdownHost {
  onSignal(listener: (signal: StopSignal) => void): void;
  onUncaught(listener: (error: unknown) => void): void;
  exit(code: number): void;
}

export function processHost(): ShutdownHost {
  return {
    onSignal(listener) {
      for (const signal of SIGNALS) process.on(signal, () => listener(signal));
    },
    onUncaught(listener) {
      process.on('uncaughtException', listener);
      process.on('unhandledRejection', listener);
    },
    exit: (code) => process.exit(code),
  };
}

export interface ShutdownOptions {
  /** The ordered stop; called once. */
  readonly stop: () => Promise<void>;
  /** After this the process leaves whether or not the stop has ended. */
  readonly deadlineMs: number;
  readonly logger: Logger;
  readonly host?: ShutdownHost;
}

export interface Shutdown {
  /** Stops as a signal would: for a command or a fatal fault. Never returns to a running state. */
  request(reason: string, exitCode?: number): void;
}

/**
 * One ordered stop, whatever asks for it: a signal (exit code 0) or an uncaught error (1). A second signal or
 * error, a stop that fails and the deadline end the process at once.
 */
export function installShutdown({
  stop,
  deadlineMs,
  logger,
  host = processHost(),
}: ShutdownOptions): Shutdown {
  let leaving = false;

  const request = (reason: string, exitCode = 0): void => {
    if (leaving) return;
    leaving = true;
    logger.info('stopping', { reason });
    const deadline = setTimeout(() => {
      logger.error('the stop took too long', { deadlineMs });
      host.exit(1);
    }, deadlineMs);
    void attempt(stop).then((error) => {
      clearTimeout(deadline);
      if (error === null) logger.info('stopped');
      else logger.error('the stop failed', { error });
      host.exit(error === null ? exitCode : 1);
    });
  };

  host.onSignal((signal) => {
    if (leaving) {
      logger.warn('second signal: leaving at once', { signal });
      host.exit(1);
      return;
    }
    request(signal);
  });
  host.onUncaught((error) => {
    logger.error('uncaught error', { error });
    if (leaving) host.exit(1);
    else request('uncaught error', 1);
  });
  return { request };
}

/** Null, or what was thrown; a stop may also throw before it returns its promise. */
async function attempt(stop: () => Promise<void>): Promise<unknown> {
  try {
    await stop();
    return null;
  } catch (error) {
    return error ?? 'unknown';
  }
}
