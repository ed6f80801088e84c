import { execFile } from 'node:child_process';
import type { Logger } from './logger.ts';

/** Notifications that wait for their turn; systemd needs few, and a stuck one must not pile up others. */
const PENDING_LIMIT = 8;
/** systemd-notify itself gives up waiting for systemd after 5 s. */
const NOTIFY_WITHIN_MS = 10_000;
const LONGEST_STATUS_CHARS = 200;

/** Tells systemd how this unit is doing. Outside systemd every call does nothing. */
export interface SystemdNotifier {
  /** Start-up is complete. */
  ready(): Promise<void>;
  /** The ordered stop has begun. */
  stopping(): Promise<void>;
  /** One line for `systemctl status`. */
  status(text: string): Promise<void>;
  /**
   * Feeds systemd's watchdog at half of its time while `isHealthy()`; systemd ends the unit otherwise. A
   * timer alone would only prove that timers run: `isHealthy` is to say that every pipeline made progress.
   * Returns the end of it.
   */
  feedWatchdog(isHealthy: () => boolean): () => void;
}

/**
 * Sends with the `systemd-notify` program, because Node has no Unix datagram sockets. It is a child of this
 * process and (unprivileged) sends under its own process id, so the unit needs NotifyAccess=all; it waits
 * until systemd has read the line, else systemd could no longer tell to which unit the sender belonged.
 */
export function createSystemdNotifier(options: {
  readonly logger: Logger;
  readonly environment?: NodeJS.ProcessEnv;
}): SystemdNotifier {
  const environment = options.environment ?? process.env;
  const socket = environment['NOTIFY_SOCKET'];
  let pending = 0;
  let turn: Promise<void> = Promise.resolve();
  let failed = false;

  const run = (socketPath: string, line: string): Promise<void> =>
    new Promise((resolve) => {
      const env = { NOTIFY_SOCKET: socketPath, PATH: environment['PATH'] };
      execFile('systemd-notify', [line], { env, timeout: NOTIFY_WITHIN_MS }, (error) => {
        pending -= 1;
        if (error !== null && !failed) {
          options.logger.warn('systemd cannot be told', { error });
        }
        failed = error !== null;
        resolve();
      });
    });
  const notify = (line: string): Promise<void> => {
    if (socket === undefined || socket === '' || pending >= PENDING_LIMIT) return Promise.resolve();
    pending += 1;
    turn = turn.then(() => run(socket, line));
    return turn;
  };

  return {
    ready: () => notify('READY=1'),
    stopping: () => notify('STOPPING=1'),
    status: (text) => notify(`STATUS=${oneLine(text)}`),
    feedWatchdog(isHealthy) {
      const everyMs = watchdogPeriodMs(environment, process.pid);
      if (everyMs === null) return () => undefined;
      let healthy = true;
      const feed = (): void => {
        const wasHealthy = healthy;
        healthy = isHealthy();
        if (healthy) void notify('WATCHDOG=1');
        else if (wasHealthy) options.logger.error('not healthy: the watchdog of systemd is not fed any more');
      };
      feed();
      const timer = setInterval(feed, everyMs);
      return () => clearInterval(timer);
    },
  };
}

/**
 * How often to feed, half of what systemd allows (sd_watchdog_enabled(3)); null when it does not watch `pid`.
 */
export function watchdogPeriodMs(environment: NodeJS.ProcessEnv, pid: number): number | null {
  const limitUs = Number(environment['WATCHDOG_USEC']);
  const watched = environment['WATCHDOG_PID'];
  if (!Number.isFinite(limitUs) || limitUs <= 0) return null;
  if (watched !== undefined && watched !== String(pid)) return null;
  return limitUs / 2000;
}

/** A newline would begin another variable of the protocol. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, LONGEST_STATUS_CHARS);
}
