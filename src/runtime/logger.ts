import pino from 'pino';
import { redact, redactText } from './redaction.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFields = Readonly<Record<string, unknown>>;

/** One JSON line per call. Whatever is given is redacted here, so no caller has to remember it. */
export interface Logger {
  debug(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
  /** The same log with `area` on each line: `uplink`, `fieldbus`. */
  child(area: string): Logger;
}

export interface LoggerOptions {
  readonly level?: LogLevel;
  /** Takes each line, newline included. Default: standard output, written before the call returns. */
  readonly write?: (line: string) => void;
}

/** The log of a whole process. */
export interface ProcessLogger extends Logger {
  /** From now on, its children included. */
  setLevel(level: LogLevel): void;
}

/** A logger on standard output, which the journal of systemd takes. */
export function createLogger({ level = 'info', write }: LoggerOptions = {}): ProcessLogger {
  const valve = { level };
  const options: pino.LoggerOptions = {
    // A child of pino keeps the level that it was made with: what passes is decided at the valve.
    level: 'debug',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  // Lines that wait in a buffer would be lost in the very crash that they explain.
  const destination = write === undefined ? pino.destination({ dest: 1, sync: true }) : { write };
  const setLevel = (to: LogLevel): void => {
    valve.level = to;
  };
  return { ...wrap(pino(options, destination), valve), setLevel };
}

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

function wrap(target: pino.Logger, valve: { readonly level: LogLevel }): Logger {
  const log = (level: Exclude<LogLevel, 'silent'>) => (text: string, fields?: LogFields) => {
    if (RANKS[level] < RANKS[valve.level]) return;
    target[level](redact(fields ?? {}), redactText(text));
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (area) => wrap(target.child({ area }), valve),
  };
}
